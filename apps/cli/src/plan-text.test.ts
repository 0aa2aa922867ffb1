/** What `facewright plan` says: memory, parameters and time, and what to do where a step does not fit. */
import { expect, test } from 'vitest';
import { timeText, totalText, type StageTime } from './plan-time.js';
import { deviceText, planText, type DevicePlan, type Plan } from './plan-text.js';

const parameters = { model: 1_191_616, head: 1_280_000, optimiser: 4_943_232 };
const STAGE: Plan['stages'][number] = {
  loss: 'arcface',
  optimiser: 'adam',
  parameters,
  classesInStep: 10_000,
  activationBytes: 2.5e9,
  peakBytes: {
    exact: 3.1e9,
    rematerialised: { bytes: 1.2e9, values: 40 },
    microBatches: [{ microBatch: 64, bytes: 1.7e9 }],
  },
  here: { bytes: 3.1e9, recomputed: 0, fits: true },
};
const PLAN: Plan = {
  engine: 'onnx',
  lowering: 'blocked',
  model: 'mobilefacenet',
  classes: 10_000,
  batch: 128,
  microBatch: null,
  limitBytes: 6.4e9,
  stages: [STAGE],
};
const stage = (more: Partial<Plan['stages'][number]>): Plan => ({ ...PLAN, stages: [{ ...STAGE, ...more }] });
const TIME: StageTime = {
  secondsPerStep: 0.5,
  warmUpSeconds: 2,
  steps: { least: 100, most: 400 },
  seconds: { least: 52, most: 202 },
};

test.each<[string, Plan, readonly string[]]>([
  [
    'the whole plan',
    PLAN,
    [
      'mobilefacenet, 10,000 classes, batches of 128; memory limit: 6.40 GB',
      'stage 1: arcface, adam',
      '  parameters      1,191,616 in the model, 1,280,000 in the head; 4,943,232 values of optimiser state',
      '  activations     2.50 GB',
      '  peak memory     3.10 GB for a whole batch at once',
      '                  at least 1.20 GB, with 40 values computed twice',
      '                  1.70 GB with --micro-batch 64',
      '  here            3.10 GB',
    ],
  ],
  ['micro-batches', { ...PLAN, microBatch: 32 }, ['batches of 128 in parts of 32;']],
  [
    'an engine that runs op by op',
    { ...PLAN, engine: 'wasm', lowering: 'eager' },
    ['The engine "wasm" runs op by op and needs more memory than shown here'],
  ],
  ['a sampled head', stage({ classesInStep: 1128 }), ['  in a step       1,128 of 10,000 classes']],
  [
    'a step that is computed twice in part',
    stage({ here: { bytes: 2e9, recomputed: 7, fits: true } }),
    ['  here            2.00 GB, 7 values computed twice'],
  ],
  [
    'a step that does not fit',
    stage({ here: { bytes: 9e9, recomputed: 0, fits: false } }),
    ['  here            does not fit: needs at least 9.00 GB. Use a smaller --micro-batch or --batch.'],
  ],
  ['times', stage({ time: TIME }), ['  time            52 s to 3 min (0.50 s a step, at most 400 steps)']],
])('%s', (_, plan, lines) => {
  const text = planText(plan);
  for (const line of lines) expect(text).toContain(line);
});

test('a device of its own has its own limit', () => {
  const one = {
    loss: 'arcface',
    optimiser: 'adam',
    parameters,
    classesInStep: 10_000,
    deviceBytes: 90e9,
    deviceLimitBytes: 80e9,
    fits: false,
  };
  const plan = { ...PLAN, device: 'NVIDIA H100', stages: [one] } as DevicePlan;
  expect(deviceText(plan).split('\n')).toEqual([
    'mobilefacenet, 10,000 classes, batches of 128, on NVIDIA H100',
    'stage 1: arcface, adam',
    expect.stringContaining('1,191,616 in the model'),
    '  on each device  90.00 GB of 80.00 GB',
    '                  does not fit. Use a smaller --micro-batch or --batch.',
  ]);
});

test.each<[string, Partial<StageTime>, string]>([
  ['a range', {}, '52 s to 3 min (0.50 s a step, at most 400 steps)'],
  ['a fixed number of steps', { steps: { least: 400, most: 400 } }, '3 min (0.50 s a step, 400 steps)'],
  ['fast steps', { secondsPerStep: 0.0123 }, '52 s to 3 min (12 ms a step, at most 400 steps)'],
  [
    'a stage that may end at any step',
    { steps: { least: 0, most: 400 } },
    'at most 3 min (0.50 s a step, at most 400 steps)',
  ],
  [
    'epochs of unknown length',
    { steps: { least: 1, most: null }, seconds: { least: 2, most: null } },
    '0.50 s a step; --data with a prepared dataset tells how many',
  ],
])('the time of a stage: %s', (_, more, text) => expect(timeText({ ...TIME, ...more })).toBe(text));

test('the time of all stages', () => {
  const fixed = { ...TIME, steps: { least: 400, most: 400 } };
  expect(totalText([TIME, TIME])).toBe('training takes 1 min 44 s to 7 min here');
  expect(totalText([fixed, fixed])).toBe('training takes 7 min here');
  expect(totalText([{ ...TIME, seconds: { least: 1, most: null } }])).toBeUndefined();
});
