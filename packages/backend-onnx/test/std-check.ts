/** Tests of lowered ops against tfjs's own kernels on the reference engine. */
import type { Engine } from '@facewright/core';
import { expectAgreement, numbers } from '@facewright/test/agree';
import type * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, test } from 'vitest';
import { openOnnxEngine } from '../src/index.js';

export type Given = Record<string, tf.Tensor>;

/** The engine of a test file, open while its tests run. */
export function stdEngine(): () => Engine {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openOnnxEngine({ provider: 'cpu', lowering: 'std', threads: 1 });
  });
  afterAll(() => engine.dispose());
  return () => engine;
}

/** Makes a test of `f` on numbers of these shapes. */
export const checkOn =
  (engine: () => Engine) =>
  (
    name: string,
    shapes: Record<string, readonly number[]>,
    f: (given: Given) => tf.Tensor | tf.Tensor[],
    tolerance?: number,
  ): void =>
    test(name, async () => {
      const inputs = Object.fromEntries(Object.entries(shapes).map(([key, shape], i) => [key, numbers(shape, i + 1)]));
      await expectAgreement(
        engine(),
        (_, given) => {
          const made = f(given as Given);
          return {
            outputs: Object.fromEntries((Array.isArray(made) ? made : [made]).map((tensor, i) => [`y${i}`, tensor])),
          };
        },
        {},
        inputs,
        tolerance,
      );
    });
