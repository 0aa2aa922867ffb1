/** The published range and default of every key of a run's config. */
import { testLimits, type OptionLimits } from '@facewright/test/option-limits';
import { describe, expect, test } from 'vitest';
import { accuracyRule, parseRunConfig, runConfigJsonSchema, SEED_TIERS, type RunConfigInput } from './config.js';

const parse = (config: object): ReturnType<typeof parseRunConfig> =>
  parseRunConfig(config as RunConfigInput, 'facewright.config.ts');
/** The result of one part of the config. */
const part =
  (key: string) =>
  (values: object): unknown =>
    (parse({ [key]: values }) as unknown as Record<string, unknown>)[key];
const text: OptionLimits = { accepts: ['x'], refuses: ['', 5] };
const name = (byDefault: string): OptionLimits => ({
  byDefault,
  accepts: ['x', { name: 'x', option: 1 }],
  refuses: ['', {}, 5],
});
const count = (byDefault?: number): OptionLimits => ({ byDefault, accepts: [1, 10_000], refuses: [0, 1.5] });
const fromZero = (byDefault?: number): OptionLimits => ({ byDefault, accepts: [0, 10_000], refuses: [-1, 1.5] });

testLimits('run config', parse, {
  $schema: { accepts: [''], refuses: [5] },
  data: { accepts: ['photos'], refuses: [5] },
  edits: text,
  out: { byDefault: 'facewright-run', accepts: ['x'], refuses: [5] },
  seed: { byDefault: 1, accepts: [0, -3], refuses: [0.5] },
  plugins: { byDefault: [], accepts: [['x', './y.ts']], refuses: [[''], 'x'] },
  backend: name('auto'),
  cluster: name('auto'),
  reader: name('folder'),
  detector: name('mtcnn'),
  aligner: name('five-point'),
  workers: { accepts: [0, 256], refuses: [-1, 257, 1.5] },
  limits: { byDefault: { maxBytes: 256_000_000, maxPixels: 120_000_000, maxSide: 20_000 }, refuses: [5] },
  faces: { byDefault: 'exactly-one', accepts: ['largest', 'all'], refuses: ['smallest'] },
  withoutFace: { byDefault: 'leave-out', accepts: ['centre'], refuses: ['center'] },
  tiers: { byDefault: SEED_TIERS, accepts: [[]], refuses: [[{ name: 'a' }]] },
  model: name('mobilefacenet'),
  from: text,
  batch: { byDefault: 128, accepts: [2], refuses: [1, 2.5] },
  microBatch: { accepts: [2], refuses: [1, 2.5] },
  order: { byDefault: 'random', accepts: [{ buffer: 2 }], refuses: ['sequential', { buffer: 1 }, {}] },
  flip: { byDefault: true, accepts: [false], refuses: [0] },
  stages: {
    byDefault: [
      { loss: 'softmax', optimiser: 'adam', rate: 1e-3, warmUp: 0, until: { epochs: 40, plateau: plateau() } },
      { loss: 'arcface', optimiser: 'adam', rate: 5e-4, warmUp: 200, until: { epochs: 40, plateau: plateau() } },
    ],
    refuses: [[], {}],
  },
  validation: { byDefault: { fraction: 0.005, minimum: 16, everySteps: 200 }, refuses: [5] },
  heldOut: { byDefault: { identities: 0.1, pairs: 3000 }, refuses: [5] },
  leastPhotos: count(1),
  guard: { byDefault: { retries: 3, rateFactor: 0.5, chanceAfter: 500 }, refuses: [5] },
  licences: { accepts: [{}, { data: 'CC0', weights: 'MIT' }], refuses: [{ data: '' }, { weights: '' }, { date: 'x' }] },
  loggers: { byDefault: [], accepts: [['tensorboard']], refuses: ['tensorboard', ['']] },
  checkpoint: { byDefault: { everySteps: 500, keep: 3, best: true }, refuses: [5] },
});

testLimits('limits', part('limits'), {
  maxBytes: count(256_000_000),
  maxPixels: count(120_000_000),
  maxSide: count(20_000),
});
testLimits('validation', part('validation'), {
  fraction: { byDefault: 0.005, accepts: [0, 0.5], refuses: [-0.1, 0.51] },
  minimum: fromZero(16),
  everySteps: count(200),
});
testLimits('heldOut', part('heldOut'), {
  identities: { byDefault: 0.1, accepts: [0, 0.5, 20], refuses: [-0.1] },
  pairs: count(3000),
});
testLimits('guard', part('guard'), {
  retries: fromZero(3),
  rateFactor: { byDefault: 0.5, accepts: [0.01, 0.99], refuses: [0, 1] },
  chanceAfter: { byDefault: 500, accepts: [20], refuses: [19, 20.5] },
});
testLimits('checkpoint', part('checkpoint'), {
  everySteps: count(500),
  keep: count(3),
  best: { byDefault: true, accepts: [false], refuses: [0] },
});
testLimits(
  'a tier',
  (tier) => (part('tiers')([tier]) as object[])[0],
  {
    name: { accepts: ['x'], refuses: [''] },
    above: { accepts: [0, 350], refuses: [-1, 1.5] },
    pick: { accepts: [1], refuses: [0, 1.5] },
    augment: { byDefault: [], accepts: [['opening', { name: 'gaussian-noise', mean: 1 }]], refuses: ['opening', ['']] },
  },
  { name: 'kept', above: 30 },
);

const until = { steps: 10 };
const stage = (values: object): Record<string, unknown> => (part('stages')([values]) as Record<string, unknown>[])[0];
const stagePart =
  (key: string) =>
  (values: object): unknown =>
    stage({ loss: 'softmax', until, [key]: values })[key];
testLimits(
  'a stage',
  stage,
  {
    loss: { accepts: ['x', { name: 'x' }], refuses: ['', {}] },
    optimiser: name('adam'),
    rate: { byDefault: 1e-3, accepts: [1e-9], refuses: [0, -1] },
    warmUp: fromZero(0),
    schedule: { refuses: [{ name: 'unheard-of' }, {}] },
    clipNorm: { accepts: [1e-3], refuses: [0, -1] },
    freeze: { refuses: [5] },
    init: { refuses: [5] },
    until: { refuses: [5] },
  },
  { loss: 'softmax', until },
);
testLimits('freeze', stagePart('freeze'), {
  parameters: { byDefault: ['model'], accepts: [['head', 'stem']], refuses: [[], ['']] },
  steps: count(),
});
testLimits('init', stagePart('init'), {
  head: { byDefault: 'carry', accepts: ['means', 'random'], refuses: ['mean'] },
  newcomers: { byDefault: 'means', accepts: ['random'], refuses: ['carry'] },
});
testLimits('until', stagePart('until'), {
  steps: count(),
  epochs: { accepts: [0.1, 3], refuses: [0, -1] },
  plateau: { accepts: [plateau()], refuses: [5] },
  accuracy: { refuses: [{}, { minimumGain: 0.1 }] },
  any: { accepts: [['mine']], refuses: [[], ['']] },
});
testLimits('plateau', (rule) => (stagePart('until')({ plateau: rule }) as { plateau: unknown }).plateau, {
  window: { byDefault: 200, accepts: [2], refuses: [1, 2.5] },
  minimumGain: { byDefault: 0.01, accepts: [0], refuses: [-0.1] },
  patience: count(3),
  minimumLoss: { byDefault: 0.01, accepts: [0], refuses: [-0.1] },
});
testLimits(
  'accuracy',
  (rule) => (stagePart('until')({ accuracy: rule }) as { accuracy: unknown }).accuracy,
  {
    atLeast: { accepts: [0.01, 1], refuses: [0, 1.01] },
    patience: { accepts: [1, 20], refuses: [0, 1.5] },
    minimumGain: { byDefault: 0.001, accepts: [0, 1], refuses: [-0.1, 1.1] },
  },
  { patience: 5 },
);

describe('schedules', () => {
  const scheduleOf = (name: string, table: Parameters<typeof testLimits>[2], required: object = {}): void =>
    testLimits(name, stagePart('schedule'), table, { name, ...required });
  const final: OptionLimits = { byDefault: 0, accepts: [1], refuses: [-0.1, 1.1] };
  scheduleOf('constant', {});
  scheduleOf(
    'step',
    {
      at: { accepts: [[1, 5]], refuses: [[], [0], [1.5]] },
      factor: { byDefault: 0.1, accepts: [0.99], refuses: [0, 1] },
    },
    { at: [5] },
  );
  scheduleOf('cosine', { steps: count(), final });
  scheduleOf('polynomial', { steps: count(), final, power: { byDefault: 1, accepts: [0.5], refuses: [0] } });
});

test('the accuracy criterion requires validation accuracy to wait for', () => {
  expect(accuracyRule.safeParse({ atLeast: 0.9 }).success).toBe(true);
  expect(accuracyRule.safeParse({ patience: 3 }).success).toBe(true);
  expect(accuracyRule.safeParse({}).error?.issues[0].message).toBe('set atLeast, patience or both');
});

test("the seed's tiers: who has how many photos, and what is added", () => {
  expect(SEED_TIERS.map(({ above, pick, augment }) => [above, pick, augment.length])).toEqual([
    [350, 350, 0],
    [200, undefined, 0],
    [90, undefined, 1],
    [30, undefined, 3],
  ]);
});

test('the JSON schema describes a config as the user writes it: nothing is required', () => {
  const schema = runConfigJsonSchema() as { properties: Record<string, unknown>; required?: string[] };
  expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(Object.keys(parse({}))));
  expect(schema.required ?? []).toEqual([]);
});

function plateau(): object {
  return { window: 200, minimumGain: 0.01, patience: 3, minimumLoss: 0.01 };
}
