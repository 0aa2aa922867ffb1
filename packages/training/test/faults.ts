/** Things that go wrong in a training, at a given call: a loss that is no number, a device that is lost. */
import { DeviceLost, type Engine, type Loss } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';

/** The loss is NaN wherever `when` says so; calls are counted from 1, those of validation too. */
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

/** The engine, whose device is lost in the given training steps (counted from 1 over all of them); what was compiled before is dead then. */
export function losing(inner: Engine, at: readonly number[]): Engine {
  let [call, generation] = [0, 0];
  const lost = new DeviceLost("The test's GPU", 'unplugged');
  return {
    ...inner,
    recover: async () => void generation++,
    compile(step, options) {
      const [executable, own] = [inner.compile(step, options), generation];
      const alive = <T>(work: () => Promise<T>): Promise<T> =>
        own === generation && !at.includes(call) ? work() : Promise.reject(lost);
      return {
        ...executable,
        run: (inputs) => (options?.name?.startsWith('training') && call++, alive(() => executable.run(inputs))),
        readState: (names) => alive(() => executable.readState(names)),
        writeState: (state) => alive(() => executable.writeState(state)),
      };
    },
  };
}
