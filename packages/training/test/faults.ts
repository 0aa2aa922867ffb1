/** Faults injected into a training at a given call: a NaN loss, a lost device. */
import { DeviceLost, type Engine, type Loss } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';

/** The loss is NaN wherever `when` says so. Calls are counted from 1, including those of validation. */
export function nanLoss(loss: Loss, when: (call: number) => boolean): Loss {
  let calls = 0;
  return {
    ...loss,
    apply: (...args) => {
      const result = loss.apply(...args);
      return when(++calls) ? { ...result, loss: tf.mul(result.loss, NaN) } : result;
    },
  };
}

/**
 * The engine, losing its device in the given training steps (counted from 1 over all of them). Anything compiled before
 * is dead then.
 */
export function losing(inner: Engine, at: readonly number[]): Engine {
  let call = 0;
  return fragile(inner, (name) => (name?.startsWith('training') && call++, at.includes(call)));
}

/** The engine, and a way to lose its device: anything compiled before is dead, even after `recover`. */
export function losable(inner: Engine): { readonly engine: Engine; lose(): void } {
  let isLost = false;
  const engine = fragile(inner, () => isLost);
  return {
    engine: { ...engine, recover: async () => ((isLost = false), engine.recover!()) },
    lose: () => (isLost = true),
  };
}

/** `lost` is called on every call, with the name of the executable for calls of `run`. */
function fragile(inner: Engine, lost: (running?: string) => boolean | undefined): Engine {
  let generation = 0;
  const error = new DeviceLost("The test's GPU", 'unplugged');
  return {
    ...inner,
    recover: async () => void generation++,
    compile(step, options) {
      const [executable, own] = [inner.compile(step, options), generation];
      const alive = <T>(work: () => Promise<T>, running?: string): Promise<T> =>
        lost(running) || own !== generation ? Promise.reject(error) : work();
      return {
        ...executable,
        run: (inputs) => alive(() => executable.run(inputs), options?.name ?? ''),
        readState: (names) => alive(() => executable.readState(names)),
        writeState: (state) => alive(() => executable.writeState(state)),
      };
    },
  };
}
