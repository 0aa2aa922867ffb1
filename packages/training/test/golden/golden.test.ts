/**
 * Golden runs: trainings that exercise everything the loop handles, compared bit for bit with the events and files
 * recorded earlier. Report and log are derived from these events. After an intended change, record them again and
 * review the diff:
 *
 *   UPDATE_GOLDEN=1 npx vitest run --project fast packages/training/test/golden
 */
import { createRandom, type Engine } from '@facewright/core';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adam, readStartingPoint, sgd } from '../../src/index.js';
import { losing, nanLoss } from '../faults.js';
import { cosineLoss, linearLoss, openCpu, tinyDataset } from '../tiny.js';
import { tinyRun, type TinyRun, type TinyStage } from '../tiny-run.js';
import { filesOf, recordOf } from './record.js';

const HERE = import.meta.dirname;

let engine: Engine;
let root: string;
beforeAll(async () => {
  engine = await openCpu();
  root = await mkdtemp(join(tmpdir(), 'facewright-golden-'));
});
afterAll(async () => rm(root, { recursive: true }));

// Math.exp and Math.log may differ in the last bit between processor architectures
const recorded = test.skipIf(process.arch !== 'x64');

type Part = Partial<TinyRun> & Pick<TinyRun, 'stages'>;

/**
 * Runs the parts one after the other in one directory, each resuming the one before, and compares the result with the
 * file `name`.
 */
async function expectGolden(name: string, ...parts: Part[]): Promise<void> {
  const directory = join(root, name);
  const lines: string[] = [];
  for (const [index, part] of parts.entries()) {
    const outcome = await tinyRun({ engine, directory, resume: index > 0, ...part });
    lines.push(JSON.stringify({ run: index + 1 }), ...(await recordOf(outcome, directory)));
  }
  lines.push(...(await filesOf(directory)));
  const file = join(HERE, `${name}.jsonl`);
  if (process.env.UPDATE_GOLDEN) await writeFile(file, `${lines.join('\n')}\n`);
  const golden = (await readFile(file, 'utf8')).trimEnd().split('\n');
  expect(lines).toEqual(golden);
}

const first: TinyStage = { optimiser: adam(), config: { rate: 0.02, until: { steps: 8 } } };
const second: TinyStage = {
  name: 'cosine',
  loss: cosineLoss,
  optimiser: sgd({ weightDecay: 1e-3, groups: { afterGlobal: 1e-2 } }),
  config: { rate: 0.05, warmUp: 3, until: { steps: 7 } },
};
const stages = [first, second];
const guard = { retries: 2, rateFactor: 0.5, chanceAfter: 500 };
const rare = { everySteps: 100, keep: 2 };

recorded('two stages', () => expectGolden('two-stages', { stages }));

recorded('in parts of a batch, with clipped gradients and fewer images than a batch', () =>
  expectGolden('parts', {
    stages: [{ ...first, config: { rate: 0.02, clipNorm: 1, schedule: { name: 'cosine' }, until: { epochs: 6 } } }],
    batch: 100,
    microBatch: 20,
  }));

recorded('resumed in the middle of a stage', () =>
  expectGolden('resumed', { stages, abortAt: 5 }, { stages, abortAt: 11 }, { stages }));

recorded('saved out of turn, the last good state is written first', () =>
  expectGolden(
    'out-of-turn',
    { stages, checkpoint: rare, guard, abortAt: 10 },
    // a fault after resuming goes back to that state once; a second save is outside the interval again
    {
      stages: [first, { ...second, loss: nanLoss(cosineLoss, (call) => call === 2) }],
      checkpoint: rare,
      guard,
      abortAt: 13,
    },
    { stages, checkpoint: rare, guard },
  ));

recorded('a setback to a checkpoint, to the start, and once too often', async () => {
  const config = { rate: 0.1, until: { steps: 12 } };
  const noValidation = { fraction: 0, minimum: 0, everySteps: 100 };
  const broken = (when: (call: number) => boolean): Part => ({
    stages: [{ loss: nanLoss(linearLoss, when), config }],
    validation: noValidation,
    guard,
  });
  await expectGolden(
    'setback',
    { ...broken((call) => call === 2 || call === 9), abortAt: 9 },
    broken(() => false),
  );
  await expectGolden(
    'setbacks-too-many',
    broken((call) => call > 5),
  );
  await expectGolden('setback-unguarded', { ...broken((call) => call === 6), guard: undefined });
});

recorded('a device that is lost and comes back; setbacks survive that', () =>
  expectGolden('device-lost', {
    stages: [first, { ...second, loss: nanLoss(cosineLoss, (call) => call === 6) }],
    engine: losing(engine, [3, 9, 14, 22]),
    guard,
  }));

recorded('a device that is lost too often', () =>
  expectGolden('device-lost-too-often', { stages, engine: losing(engine, [6, 7, 8, 9]) }));

recorded('layers that are frozen thaw, through an interruption and a lost device', () => {
  const frozen: TinyStage[] = [
    { ...first, config: { rate: 0.02, freeze: { parameters: ['model'], steps: 5 }, until: { steps: 8 } } },
    { ...second, config: { rate: 0.05, freeze: { parameters: ['stem'] }, until: { steps: 4 } } },
  ];
  return expectGolden(
    'freeze',
    { stages: frozen, engine: losing(engine, [7]), abortAt: 6 },
    { stages: frozen, abortAt: 10 },
    { stages: frozen },
  );
});

recorded('the best checkpoint stays', () => {
  const spoiling: TinyStage[] = [
    { config: { rate: 0.05, until: { steps: 24 } } },
    { config: { rate: 30, clipNorm: 1, until: { steps: 16 } } },
  ];
  const best = {
    stages: spoiling,
    dataset: tinyDataset(5, 8),
    validation: { fraction: 0.3, minimum: 0, everySteps: 4 },
    checkpoint: { everySteps: 8, keep: 2, best: true },
  };
  return expectGolden('best', { ...best, abortAt: 29 }, best);
});

recorded('stages that end by plateau and by accuracy, and one that learns nothing', () =>
  expectGolden('criteria', {
    stages: [
      { config: { rate: 1e-9, until: { epochs: 1000, plateau: { window: 6, minimumGain: 0.05, patience: 2 } } } },
      { config: { rate: 0.05, until: { epochs: 10, accuracy: { patience: 2, minimumGain: 0 } } } },
    ],
    guard: { ...guard, chanceAfter: 10 },
  }));

recorded('begun from trained weights, with two more people', async () => {
  const directory = join(root, 'begun-from');
  await tinyRun({ engine, directory, stages: [second] });
  const { weights, head, path } = await readStartingPoint(directory);
  const known = { centres: cosineLoss.centres!(head!.params, head!.statistics), identities: head!.identities };
  await expectGolden('fine-tuned', {
    stages: [second],
    dataset: tinyDataset(7, 6),
    from: async () => ({ weights, known, where: path }),
  });
});

recorded('on an engine that scales the loss', () =>
  expectGolden('loss-scale', {
    stages: [
      { ...first, config: { rate: 0.02, until: { steps: 6 } } },
      { ...second, config: { rate: 0.05, until: { steps: 3 } } },
    ],
    engine: { ...engine, lossScaling: { initial: 2 ** 10, growAfter: 3 } },
  }));

recorded('a checkpoint that an earlier version wrote is resumed', async () => {
  const directory = join(root, 'earlier');
  await cp(join(HERE, 'earlier'), directory, { recursive: true });
  const { error } = await tinyRun({ engine, directory, stages, resume: true, random: createRandom(7) });
  expect(error).toBeUndefined();
  const weights = (await filesOf(directory)).find((line) => line.includes('model/weights.safetensors'));
  expect(await readFile(join(HERE, 'two-stages.jsonl'), 'utf8')).toContain(weights);
});
