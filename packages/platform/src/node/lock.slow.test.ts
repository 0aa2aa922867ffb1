/**
 * Many processes, one lock: never two owners at once, and never none, whether the lock was released, left behind, or
 * abandoned while being taken.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createRandom } from '@facewright/core';
import { rounds } from '@facewright/test/rounds';
import { expect, test } from 'vitest';

const PROCESSES = 4;
const ROUNDS = rounds(24, 200);
const KILLS = rounds(10, 100);
const PLATFORM = new URL('../../dist/node/index.js', import.meta.url).href;

/**
 * Reads one line per round from standard input. Answers `won` or `lost`, and `two` if it was not alone. A winner may
 * die with the lock.
 */
const WORKER = `
  import { closeSync, openSync, rmSync } from 'node:fs';
  import { createInterface } from 'node:readline';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { lockDirectory } from ${JSON.stringify(PLATFORM)};
  const directory = process.argv[1];
  const alone = directory + '.alone';
  process.stdout.write('ready\\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const [delay, held, dies] = line.split(' ').map(Number);
    await sleep(delay);
    const lock = await lockDirectory(directory).catch(() => undefined);
    if (!lock) {
      process.stdout.write('lost\\n');
      continue;
    }
    let answer = 'won';
    try {
      closeSync(openSync(alone, 'wx'));
      await sleep(held);
    } catch {
      answer = 'two';
    }
    rmSync(alone, { force: true });
    if (!dies) lock.release();
    process.stdout.write(answer + '\\n');
    if (dies) process.kill(process.pid, 'SIGKILL');
  }
`;

interface Worker {
  readonly child: ChildProcess;
  answer(): Promise<string>;
}

async function startWorker(directory: string): Promise<Worker> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', WORKER, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => undefined); // it is dead
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<string> => ((await lines.next()) as { value: string }).value;
  expect(await answer()).toBe('ready');
  return { child, answer };
}

test(`${PROCESSES} processes, ${ROUNDS} times at once, half of the owners killed`, async () => {
  const root = await mkdtemp(join(tmpdir(), 'facewright lock '));
  const directory = join(root, 'dataset');
  const random = createRandom('races for a lock');
  const workers = await Promise.all(Array.from({ length: PROCESSES }, () => startWorker(directory)));
  let takenOver = 0;
  for (let round = 0; round < ROUNDS; round++) {
    takenOver += (await readdir(root)).includes('dataset.lock') ? 1 : 0;
    const held = 5 + random.integer(20);
    const dies = random.integer(2);
    for (const { child } of workers) child.stdin!.write(`${random.integer(4)} ${held} ${dies}\n`);
    const answers = await Promise.all(workers.map(({ answer }) => answer()));
    expect(answers, `round ${round}`).not.toContain('two');
    expect(answers, `round ${round}`).toContain('won');
    for (const [index, answer] of answers.entries()) {
      if (!dies || answer !== 'won') continue;
      if (workers[index].child.signalCode === null) await once(workers[index].child, 'exit');
      workers[index] = await startWorker(directory);
    }
  }
  expect(takenOver).toBeGreaterThan(ROUNDS / 4);
  await stop(workers);
});

test(
  'killed at any moment, even while taking over: the next process gets the lock, and nothing stays behind',
  { timeout: 120_000 },
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'facewright lock '));
    const directory = join(root, 'dataset');
    const random = createRandom('kills around a lock');
    const keeper = await startWorker(directory);
    for (let round = 0; round < KILLS; round++) {
      const worker = await startWorker(directory);
      // as often as possible until it is killed
      worker.child.stdin!.write('0 0 0\n'.repeat(1000));
      await new Promise((resolve) => setTimeout(resolve, random.uniform() * 30));
      worker.child.kill('SIGKILL');
      if (worker.child.signalCode === null) await once(worker.child, 'exit');
      await rm(`${directory}.alone`, { force: true });
      keeper.child.stdin!.write('0 0 0\n');
      expect(await keeper.answer(), `round ${round}`).toBe('won');
      const left = await readdir(root);
      // a file that was empty when its writer died has no owner, and is removed once it is old
      for (const name of left) expect(await readFile(join(root, name), 'utf8'), `round ${round}: ${name}`).toBe('');
    }
    await stop([keeper]);
  },
);

async function stop(workers: readonly Worker[]): Promise<void> {
  for (const { child } of workers) {
    child.stdin!.end();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}
