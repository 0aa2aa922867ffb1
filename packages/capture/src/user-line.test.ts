import { expect, test } from 'vitest';
import { userLine } from './user-line.js';

const stack = (...lines: string[]): string => ['Error: x', ...lines.map((line) => `    at ${line}`)].join('\n');

test("finds the user's first line, skipping those of tfjs, facewright and Node", () => {
  const mine = 'myLoss (/home/me/my-loss.ts:12:5)';
  for (const foreign of [
    'Engine.runKernel (/home/me/node_modules/@tensorflow/tfjs-core/dist/engine.js:1:1)',
    'Recorder.read (/home/me/node_modules/@facewright/capture/dist/recorder.js:1:1)',
    'capture (/repo/packages/capture/src/capture.ts:1:1)',
    String.raw`capture (C:\repo\packages\capture\src\capture.ts:1:1)`,
    'targetEntry (/repo/packages/core/src/engine/ops/target-entry.ts:1:1)',
    'targetEntry (/home/me/node_modules/@facewright/core/dist/engine/ops/target-entry.js:1:1)',
    'withTfBackend (/repo/packages/core/src/engine/eager-engine.ts:1:1)',
    'gradFunc (/repo/packages/core/generated/register-gradients.js:1:1)',
    'node:internal/process/task_queues:95:5',
    'new Promise (<anonymous>)',
  ])
    expect(userLine(stack(foreign, mine, 'later (/home/me/train.ts:3:1)')), foreign).toBe(mine);
});

test('treats tests of this package as user code', () => {
  expect(userLine(stack('/repo/packages/capture/src/capture.test.ts:3:4'))).toBe(
    '/repo/packages/capture/src/capture.test.ts:3:4',
  );
});

test('is undefined if all lines are internal, and ignores the message', () => {
  expect(userLine(stack('node:internal/main:1:1'))).toBeUndefined();
  expect(userLine('at the disco\n')).toBeUndefined();
  expect(userLine()).toMatch(/user-line\.test\.ts/);
});
