/** Holds a step on the onnx engine against the same step on the reference engine. */
import { cpu } from '@facewright/backend-cpu';
import { createRunContainer, hostTensor, pluginContext, type Engine, type HostTensor, type HostTensors, type StepFunction } from '@facewright/core';
import { expect } from 'vitest';

let reference: Promise<Engine> | undefined;
export const referenceEngine = (): Promise<Engine> =>
  (reference ??= cpu().create(pluginContext(createRunContainer(), 'test')).then((backend) => backend.open()));

/** Numbers in [−1, 1), the same ones for the same seed. */
export function numbers(shape: readonly number[], seed = 1): HostTensor {
  let state = seed * 7919 + shape.length;
  const next = (): number => {
    state = (state * 48271) % 2147483647;
    return state / 1073741823.5 - 1;
  };
  for (let i = 0; i < 8; i++) next();
  return hostTensor(shape, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next));
}

export function expectClose(actual: HostTensors, expected: HostTensors, tolerance: number): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, { shape, data, dtype }] of Object.entries(expected)) {
    expect(actual[name].shape, name).toEqual(shape);
    expect(actual[name].dtype, name).toBe(dtype);
    let [largest, worst] = [1e-3, 0];
    for (let i = 0; i < data.length; i++) {
      largest = Math.max(largest, Math.abs(data[i]));
      worst = Math.max(worst, Math.abs(data[i] - actual[name].data[i]));
    }
    expect(worst / largest, `${name}: largest difference ${worst} beside values up to ${largest}`).toBeLessThanOrEqual(tolerance);
  }
}

/** Two calls: the second one sees the state that the first one left. */
export async function expectAgreement(engine: Engine, step: StepFunction, state: HostTensors, inputs: HostTensors, tolerance = 2e-6): Promise<void> {
  const [expected, actual] = [(await referenceEngine()).compile(step, { state }), engine.compile(step, { state })];
  for (let call = 0; call < 2; call++) expectClose(await actual.run(inputs), await expected.run(inputs), tolerance);
  expectClose(await actual.readState(), await expected.readState(), tolerance);
  expected.dispose();
  actual.dispose();
}
