/**
 * A preparation over a queue in a real Redis: three workers, one of them killed with kill -9 in the middle of a part,
 * Redis restarted in between. The dataset has the bytes of an undivided preparation: nothing is lost, nothing is twice.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { digestBelow } from './helpers/digest.js';
import { facewright, patches, put, temporary, writeDetector } from './helpers/tool.js';

vi.setConfig({ testTimeout: 600_000 });

const BIN = fileURLToPath(new URL('../apps/cli/bin/facewright.js', import.meta.url));
const missing = redisMissing();
const PASSWORD = 'p@ss word';
const PARTS = 6;

function redisMissing(): string | undefined {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'redis-server is not installed';
  }
}

/** Everything that was started, for the end of the tests. */
const started = new Set<ChildProcess>();
afterAll(() => started.forEach((child) => child.kill('SIGKILL')));

interface Running {
  readonly child: ChildProcess;
  said: string;
  readonly ended: Promise<number | null>;
}
function run(command: string, args: readonly string[], env: Record<string, string> = {}, cwd?: string): Running {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.add(child);
  const running: Running = {
    child,
    said: '',
    ended: new Promise((resolve) =>
      child.on('close', (code) => {
        started.delete(child);
        resolve(code);
      }),
    ),
  };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => (running.said += part.toString()));
  return running;
}
async function until(what: string, holds: () => boolean, seconds = 300): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !holds(); await sleep(20))
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain until ${what}`);
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

describe.skipIf(missing)(`a queue in Redis${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let directory: string;
  let port: number;
  let url: string;
  let redis: Running;
  const startRedis = async (): Promise<Running> => {
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--requirepass', PASSWORD];
    const server = run('redis-server', [...options, '--appendonly', 'yes']);
    await until('Redis is ready', () => server.said.includes('Ready to accept connections'));
    return server;
  };
  const tool = (args: readonly string[], env = { FACEWRIGHT_QUEUE_PASSWORD: PASSWORD }): Running =>
    run(process.execPath, [BIN, ...args], env, directory);
  const prepare = (out: string, ...more: string[]): string[] => ['prepare', '--data', 'photos', '--out', out, ...more];

  beforeAll(async () => {
    directory = await temporary();
    port = await freePort();
    url = `redis://127.0.0.1:${port}`;
    for (let person = 0; person < 12; person++)
      for (let photo = 0; photo < 5; photo++)
        await put(
          join(directory, `photos/person ${person}/${photo}.jpg`),
          photo === 3 && person % 4 === 1
            ? 'no photo'
            : await patches(10 * person + photo)
                .jpeg()
                .toBuffer(),
        );
    await writeDetector(directory, 60);
    const config = {
      plugins: ['./centre.mjs'],
      detector: 'centre',
      backend: 'wasm',
      workers: 0,
      tiers: [{ name: 'all', above: 1, augment: ['opening'] }],
    };
    await put(join(directory, 'facewright.config.json'), JSON.stringify(config));
    redis = await startRedis();
  });

  // a worker of a test that failed would take the parts of the next one
  afterEach(() => started.forEach((child) => child !== redis.child && child.kill('SIGKILL')));

  test('three workers, one killed, Redis restarted: the bytes of an undivided preparation', async () => {
    const whole = await facewright(prepare('whole', '--quiet'), { cwd: directory });
    expect(whole.stderr).toBe('');

    const filling = tool(prepare('dataset', '--queue', url, '--parts', String(PARTS)));
    const workers = [1, 2, 3].map(() => tool(['worker', '--queue', url]));
    const [victim, ...others] = workers;
    await until('the first worker has a part', () => victim.said.includes('Preparing part'));
    const [, lost] = /Preparing part (\d+)/.exec(victim.said)!;
    victim.child.kill('SIGKILL');
    await victim.ended;
    expect(victim.said).not.toContain(`Finished part ${lost} `);

    await until('another has finished a part', () => others.some(({ said }) => said.includes('Finished part')));
    redis.child.kill('SIGTERM');
    await redis.ended;
    await until('the loss of Redis is noticed', () => filling.said.includes('is lost. Trying again.'));
    redis = await startRedis();

    expect(await filling.ended, filling.said).toBe(0);
    expect(filling.said).toContain(`${PARTS}/${PARTS} parts`);
    for (const worker of others) {
      worker.child.kill('SIGTERM');
      expect(await worker.ended, worker.said).toBe(0);
    }
    expect(others.some(({ said }) => said.includes(`Finished part ${lost} `))).toBe(true);
    expect(await digestBelow(join(directory, 'dataset'))).toEqual(await digestBelow(join(directory, 'whole')));
    const left = (await readdir(join(directory, 'dataset-parts'))).sort();
    expect(left).toEqual(Array.from({ length: PARTS }, (_, index) => `part-${index + 1}-of-${PARTS}`));
    for (const { said } of [filling, ...workers]) expect(said).not.toContain(PASSWORD);
  });

  test('a job cannot name code: a plugin has to be in the config of the worker', async () => {
    await put(join(directory, 'plain.config.json'), '{}');
    const filling = tool(prepare('refused', '--queue', url, '--parts', '1'));
    const worker = tool(['worker', '--queue', url, '--config', 'plain.config.json']);
    expect(await filling.ended).toBe(1);
    expect(filling.said).toMatch(/A part of 1 could not be prepared[^]*no detector "centre" here/);
    expect(await worker.ended).toBe(1);
    expect(worker.said).toContain('3 parts in a row have failed here');
  });

  test('Ctrl-C stops workers and the filling also while Redis is away', async () => {
    const filling = tool(prepare('stopped', '--queue', url, '--parts', '2'));
    await until('the parts are in the queue', () => filling.said.includes('are in the queue'));
    const worker = tool(['worker', '--queue', url]);
    await until('the worker has a part', () => worker.said.includes('Preparing part'));
    redis.child.kill('SIGKILL');
    await redis.ended;
    for (const running of [filling, worker]) {
      await until('the loss of Redis is noticed', () => running.said.includes('is lost'));
      running.child.kill('SIGINT');
      expect(await Promise.race([running.ended, sleep(90_000, 'still there')]), running.said).not.toBe('still there');
    }
    redis = await startRedis();
  });

  test('mistakes with the queue are told, without the password', async () => {
    const refused = tool(['worker', '--queue', `redis://:wrong@127.0.0.1:${port}`]);
    expect(await refused.ended).toBe(1);
    expect(refused.said).toContain('Redis does not accept this user or password');
    expect(refused.said).not.toContain('wrong');
    const without = tool(['worker', '--queue', url], { FACEWRIGHT_QUEUE_PASSWORD: '' });
    expect(await without.ended).toBe(1);
    expect(without.said).toContain('Redis asks for a password');
    const nobody = tool(['worker', '--queue', `redis://:secret@127.0.0.1:${await freePort()}`]);
    expect(await nobody.ended).toBe(1);
    expect(nobody.said).toContain('Redis cannot be reached: ECONNREFUSED');
    expect(nobody.said).not.toContain('secret');
  });
});
