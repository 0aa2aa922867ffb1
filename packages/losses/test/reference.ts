/**
 * Shared by the loss tests: evaluating a loss on the reference engine, numbers, and plain double-precision arithmetic
 * to compare with.
 */
import { cpu } from '@facewright/backend-cpu';
import {
  createRandom,
  hostTensor,
  type ConfiguredPlugin,
  type HostTensor,
  type HostTensors,
  type Loss,
  type State,
} from '@facewright/core';
import { openEngine, testContext } from '@facewright/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

export interface Answer {
  loss: number;
  logits: Float32Array;
  gradients: Record<string, Float32Array>;
  statistics: Record<string, Float32Array>;
}
export type Evaluate = (
  loss: Loss,
  params: HostTensors,
  embeddings: HostTensor,
  labels: readonly number[],
  statistics?: HostTensors,
) => Promise<Answer>;

/** Returns loss, logits, new statistics and gradients (of `embeddings` and every parameter) on the reference engine. */
export async function createEvaluate(): Promise<Evaluate> {
  const engine = await openEngine(cpu());
  return async (loss, params, embeddings, labels, statistics = {}) => {
    const names = Object.keys(params);
    const step = (_: State, inputs: State): { outputs: State } => {
      const running = Object.fromEntries(Object.keys(statistics).map((name) => [name, inputs[`statistics/${name}`]]));
      const apply = (x: tf.Tensor, values: tf.Tensor[]) =>
        loss.apply(
          Object.fromEntries(names.map((name, i) => [name, values[i]])),
          running,
          x as tf.Tensor2D,
          inputs['in/labels'] as tf.Tensor1D,
        );
      const values = names.map((name) => inputs[name]);
      const { value, grads } = tf.valueAndGrads((x: tf.Tensor, ...rest: tf.Tensor[]) => apply(x, rest).loss)([
        inputs['in/embeddings'],
        ...values,
      ]);
      const { logits, statistics: next = {} } = apply(inputs['in/embeddings'], values);
      return {
        outputs: {
          loss: value,
          logits,
          embeddings: grads[0],
          ...Object.fromEntries(names.map((name, i) => [name, grads[i + 1]])),
          ...Object.fromEntries(Object.entries(next).map(([name, tensor]) => [`statistics/${name}`, tensor])),
        },
      };
    };
    const executable = engine.compile(step);
    const given = Object.fromEntries(
      Object.entries(statistics).map(([name, tensor]) => [`statistics/${name}`, tensor]),
    );
    const {
      loss: value,
      logits,
      ...rest
    } = await executable.run({
      ...params,
      ...given,
      'in/embeddings': embeddings,
      'in/labels': hostTensor([labels.length], Int32Array.from(labels)),
    });
    executable.dispose();
    const entries = Object.entries(rest).map(([name, { data }]) => [name, data as Float32Array] as const);
    return {
      loss: value.data[0],
      logits: logits.data as Float32Array,
      gradients: Object.fromEntries(entries.filter(([name]) => !name.startsWith('statistics/'))),
      statistics: Object.fromEntries(
        entries.flatMap(([name, data]) =>
          name.startsWith('statistics/') ? [[name.slice('statistics/'.length), data]] : [],
        ),
      ),
    };
  };
}

export const make = (plugin: ConfiguredPlugin<'loss'>): Promise<Loss> => plugin.create(testContext());

export const random = createRandom('losses');
export const normal = (shape: readonly number[], purpose: string, scale = 1): HostTensor => {
  const draw = random.fork(purpose);
  return hostTensor(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * draw.normal()),
  );
};
export const column = ({ shape, data }: HostTensor, j: number): number[] =>
  Array.from({ length: shape[0] }, (_, i) => data[i * shape[1] + j]);
export const row = ({ shape, data }: HostTensor, i: number): number[] =>
  Array.from(data.slice(i * shape[1], (i + 1) * shape[1]));
export const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i], 0);
/** Length of an embedding. */
export const length = (x: HostTensor, i: number): number => Math.sqrt(dot(row(x, i), row(x, i)));
export const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

/** −log softmax(z)_y in double precision. */
export function crossEntropy(z: readonly number[], label: number): number {
  const top = Math.max(...z);
  return top + Math.log(z.reduce((sum, v) => sum + Math.exp(v - top), 0)) - z[label];
}

/** cos θ for every class, computed from the angle itself rather than a product. */
export const cosines = (x: readonly number[], centres: HostTensor): number[] =>
  Array.from({ length: centres.shape[1] }, (_, j) => {
    const w = column(centres, j);
    return dot(x, w) / Math.sqrt(dot(x, x) * dot(w, w));
  });

/** Batch mean of the cross-entropy of s·cos θ, with `target(θ_y, i)` in place of the target. */
export function marginLoss(
  embeddings: HostTensor,
  centres: HostTensor,
  labels: readonly number[],
  s: number,
  target: (theta: number, i: number) => number,
): number {
  return mean(
    labels.map((label, i) => {
      const cos = cosines(row(embeddings, i), centres);
      const theta = Math.acos(Math.max(-1, Math.min(1, cos[label])));
      return crossEntropy(
        cos.map((c, j) => s * (j === label ? target(theta, i) : c)),
        label,
      );
    }),
  );
}

/** Central differences of a double-precision formula at float32 values. */
export function differences(f: (x: HostTensor) => number, { shape, data }: HostTensor): number[] {
  return Array.from(data, (v, i) => {
    const moved = (by: number): HostTensor => ({
      shape,
      dtype: 'float32',
      data: Object.assign(Float64Array.from(data), { [i]: v + by }) as unknown as Float32Array,
    });
    return (f(moved(1e-6)) - f(moved(-1e-6))) / 2e-6;
  });
}

export function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  const largest = Math.max(...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(actual[i] - expected[i]), `number ${i}: ${actual[i]}, expected ${expected[i]}`).toBeLessThanOrEqual(
      tolerance * largest,
    );
}

/** Requires the gradients to the embeddings and centres to agree with the formula's finite differences. */
export function expectGradients(
  gradients: Answer['gradients'],
  formula: (x: HostTensor, centres: HostTensor) => number,
  embeddings: HostTensor,
  centres: HostTensor,
): void {
  expectNear(
    gradients.embeddings,
    differences((x) => formula(x, centres), embeddings),
    1e-3,
  );
  expectNear(
    gradients.centres,
    differences((w) => formula(embeddings, w), centres),
    1e-3,
  );
}
