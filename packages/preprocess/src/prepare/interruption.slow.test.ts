/** Preparation in separate processes: with any number of worker threads, killed at any moment, over many photos. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeImage } from '@facewright/platform/node';
import { rounds } from '@facewright/test/rounds';
import { noiseImage } from '../../test/support.js';

const script = fileURLToPath(new URL('../../test/prepare-folder.mjs', import.meta.url));
let root: string;
let source: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'facewright prepare '));
  source = join(root, 'photo.jpg');
  writeFileSync(source, await encodeImage(noiseImage(150, 140, 4)));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SIZE = { people: 6, photos: 40, shardBytes: 700_000 };
const args = (out: string, workers: number, more: object = {}): string[] => [
  script,
  JSON.stringify({ source, out, workers, ...SIZE, ...more }),
];
interface Told {
  kept: number;
  dropped: number;
  images: number;
  peak: number;
  samples: [number, number][];
}
const run = (out: string, workers: number, more?: object): Told =>
  JSON.parse(
    execFileSync(process.execPath, args(out, workers, more), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  ) as Told;

/** A hash of every file by name; for dataset.json without the duration of the preparation. */
function bytesOf(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory)
      .sort()
      .map((name) => {
        const content = readFileSync(join(directory, name));
        if (name === 'dataset.json') return [name, content.toString().replace(/"seconds": [\d.e-]+/, '"seconds": 0')];
        return [name, createHash('sha256').update(content).digest('hex')];
      }),
  );
}
const leftOvers = (out: string): string[] =>
  readdirSync(root).filter((name) => name.startsWith(`${out.split('/').at(-1)}.`));

test('any number of worker threads, including none, gives the same bytes', () => {
  const told = run(join(root, 'none'), 0);
  expect(told).toMatchObject({ kept: 6 * 34, dropped: 6 * 6, images: 4 * 6 * 34 });
  const alone = bytesOf(join(root, 'none'));
  expect(Object.keys(alone).filter((name) => name.endsWith('.tar')).length).toBeGreaterThan(5);
  for (const workers of [1, 3]) {
    run(join(root, `workers-${workers}`), workers);
    expect(bytesOf(join(root, `workers-${workers}`))).toEqual(alone);
  }
});

test('mistakes of the original project: a half-prepared person does not stay that way: killed at random moments, the next start resumes and ends with the same bytes', async () => {
  const undisturbed = bytesOf(join(root, 'none'));
  const started = performance.now();
  run(join(root, 'timed'), 2);
  const whole = performance.now() - started;
  const out = join(root, 'killed');
  const wanted = rounds(5, 40);
  let kills = 0;
  let resumed = 0;
  // whether a kill comes after the first shard is up to the machine: it is killed until that has happened
  for (let round = 0; (kills < wanted || !resumed) && round < 12 * wanted; round++) {
    // slightly more than half a run is enough to write a shard; startup takes most of that
    const outcome = await new Promise<{ signal: string | null; said: string }>((resolve) => {
      const child = spawn(process.execPath, args(out, round % 3), { stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const timer = setTimeout(() => child.kill('SIGKILL'), whole * (0.3 + 0.65 * Math.random()));
      child.on('close', (_, signal) => {
        clearTimeout(timer);
        resolve({ signal, said });
      });
    });
    if (outcome.said.includes('Resuming an interrupted preparation')) resumed++;
    if (outcome.signal === 'SIGKILL') {
      kills++;
      continue;
    }
    expect(bytesOf(out)).toEqual(undisturbed);
    rmSync(out, { recursive: true });
  }
  expect(kills).toBeGreaterThanOrEqual(wanted);
  run(out, 2);
  expect(bytesOf(out)).toEqual(undisturbed);
  expect(leftOvers('killed')).toEqual([]);
  expect(resumed).toBeGreaterThan(0);
}, 600_000);

// for the full figure: FACEWRIGHT_PHOTOS=100000 npx vitest run --project slow
// packages/preprocess/src/prepare/interruption
const PHOTOS = Number(process.env.FACEWRIGHT_PHOTOS ?? 6000);

test(`memory stays flat over ${PHOTOS} photos`, () => {
  const { samples } = run(join(root, 'many'), 2, { people: PHOTOS / 200, photos: 200, shardBytes: 64 * 2 ** 20 });
  const after = (share: number): number =>
    Math.max(
      ...samples.filter(([done]) => done >= PHOTOS * (share - 0.2) && done <= PHOTOS * share).map(([, rss]) => rss),
    );
  // only the index (in its file format) and the list of excluded photos grow: every seventh photo here
  expect(after(1) - after(0.5)).toBeLessThan(40 * 2 ** 20 + PHOTOS * 400);
}, 3_600_000);
