/** Compares a step on an engine with the same step on the reference engine. */
import type { Engine, HostTensors, StepFunction } from '@facewright/core';
import { referenceEngine } from './reference.js';
import { expect } from 'vitest';

export { numbers, referenceEngine } from './reference.js';

export function expectClose(actual: HostTensors, expected: HostTensors, tolerance: number): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, { shape, data, dtype }] of Object.entries(expected)) {
    expect(actual[name].shape, name).toEqual(shape);
    expect(actual[name].dtype, name).toBe(dtype);
    let [largest, worst] = [1e-3, 0];
    for (let i = 0; i < data.length; i++) {
      if (Object.is(data[i], actual[name].data[i])) continue; // including NaN and infinities
      largest = Math.max(largest, Math.abs(data[i]));
      worst = Math.max(worst, Math.abs(data[i] - actual[name].data[i]));
    }
    expect(worst / largest, `${name}: largest difference ${worst} beside values up to ${largest}`).toBeLessThanOrEqual(
      tolerance,
    );
  }
}

/** Two calls: the second one sees the state left by the first. */
export async function expectAgreement(
  engine: Engine,
  step: StepFunction,
  state: HostTensors,
  inputs: HostTensors,
  tolerance = 2e-6,
): Promise<void> {
  const [expected, actual] = [(await referenceEngine()).compile(step, { state }), engine.compile(step, { state })];
  for (let call = 0; call < 2; call++) expectClose(await actual.run(inputs), await expected.run(inputs), tolerance);
  expectClose(await actual.readState(), await expected.readState(), tolerance);
  expected.dispose();
  actual.dispose();
}
