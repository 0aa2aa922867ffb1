/** Every benchmark gives figures for every plugin, in the order given. What they are on this machine is not tested. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@facewright/backend-cpu';
import { wasm } from '@facewright/backend-wasm';
import { folder } from '@facewright/datasets';
import { arcFace, softmax } from '@facewright/losses';
import { mobileFaceNet } from '@facewright/models';
import { fivePoint, givenLandmarks, opening, saltAndPepper } from '@facewright/preprocess';
import {
  benchmarkAligner,
  benchmarkAugmenter,
  benchmarkBackend,
  benchmarkCriterion,
  benchmarkDetector,
  benchmarkCluster,
  benchmarkLogger,
  benchmarkLoss,
  benchmarkModel,
  benchmarkOptimiser,
  benchmarkReader,
  formatFigures,
  measure,
} from '@facewright/testkit/benchmark';
import { tensorBoard } from '@facewright/report';
import { adam, plateauCriterion, sgd, single, stepsCriterion } from '@facewright/training';
import { afterAll, expect, test } from 'vitest';

const quick = { rounds: 1, turn: 0, engine: cpu(), batch: 2 };
const photos = mkdtempSync(join(tmpdir(), 'facewright-benchmark-'));
mkdirSync(join(photos, 'ann'));
writeFileSync(join(photos, 'ann/1.jpg'), 'a photo');
afterAll(() => rmSync(photos, { recursive: true }));
const small = mobileFaceNet({ inputSize: 16, width: 0.125, embeddingSize: 8, bottlenecks: [[1, 64, 1, 2]] });

test.each([
  ['loss', () => benchmarkLoss([softmax(), arcFace()], { ...quick, identities: 5 }), ['softmax', 'arcface']],
  ['model', () => benchmarkModel([small, small], quick), ['mobilefacenet', 'mobilefacenet']],
  ['optimiser', () => benchmarkOptimiser([sgd(), adam()], quick), ['sgd', 'adam']],
  ['backend', () => benchmarkBackend([cpu(), wasm()], { ...quick, side: 8 }), ['cpu', 'wasm']],
  ['detector', () => benchmarkDetector([givenLandmarks()], quick), ['landmarks']],
  ['aligner', () => benchmarkAligner([fivePoint()], quick), ['five-point']],
  ['augmenter', () => benchmarkAugmenter([opening(), saltAndPepper()], quick), ['opening', 'salt-and-pepper']],
  ['reader', () => benchmarkReader([folder({ path: photos })], quick), ['folder']],
  [
    'criterion',
    () => benchmarkCriterion([plateauCriterion(), stepsCriterion({ steps: 10 })], quick),
    ['plateau', 'steps'],
  ],
  ['logger', () => benchmarkLogger([tensorBoard()], quick), ['tensorboard']],
  ['cluster', () => benchmarkCluster([single()], quick), ['single']],
])('of a %s', async (_, run, names) => {
  const figures = await run();
  expect(figures.map(({ name }) => name)).toEqual(names);
  expect(figures[0].ratio).toBe(1);
  for (const { milliseconds, range } of figures) {
    expect(milliseconds).toBeGreaterThan(0);
    expect(range[0]).toBeLessThanOrEqual(milliseconds);
  }
});

test('candidates take turns, and are disposed of also when one fails', async () => {
  const calls: string[] = [];
  const candidate = (name: string) => ({
    name,
    run: () => calls.push(name),
    dispose: () => calls.push(`${name} ends`),
  });
  await measure([candidate('a'), candidate('b')], { rounds: 2, turn: 0 });
  expect(calls.join(' ')).toBe('a b a b a b a ends b ends');
  calls.length = 0;
  const failing = { ...candidate('c'), run: () => Promise.reject(new Error('no')) };
  await expect(measure([candidate('a'), failing])).rejects.toThrow('no');
  expect(calls).toContain('c ends');
});

test('the table compares with the first', () => {
  const table = formatFigures(
    [
      { name: 'mine', milliseconds: 2, range: [1, 3], ratio: 1 },
      { name: 'theirs', milliseconds: 4.5678, range: [4, 1234.5], ratio: 2.284 },
    ],
    'a batch',
  );
  expect(table).toMatch(/^\| plugin \| ms a batch \| range +\| times the first \|$/m);
  expect(table).toMatch(/^\| theirs \| 4\.57 +\| 4\.00 to 1235 \| 2\.28 +\|$/m);
});
