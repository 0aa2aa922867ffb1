/** Whether a library includes XLA's CPU compiler, which not every build of TensorFlow for C does. */
import { TENSORFLOW_VERSION } from '../library/location.js';
import { scalarOf } from '../lowering/lowering.js';
import type { Runtime } from '../runtime/runtime.js';
import { executeFunction } from './execute.js';
import { GraphBuilder } from './graph-builder.js';

const known = new WeakMap<Runtime, Promise<boolean>>();

/** Known for the version that setup installs; any other is tried once. */
export function xlaWorks(runtime: Runtime): Promise<boolean> {
  if (runtime.library.version === TENSORFLOW_VERSION) return Promise.resolve(true);
  const answer = known.get(runtime) ?? compiles(runtime);
  known.set(runtime, answer);
  return answer;
}

async function compiles(runtime: Runtime): Promise<boolean> {
  const { c } = runtime.library;
  const name = 'facewright_is_xla_here';
  const builder = new GraphBuilder(runtime, true);
  const x = builder.placeholder('float32', [2]);
  const handle = runtime.upload(Float32Array.of(1, 2), [2], 'float32');
  try {
    const results = builder.fused('xla_check', [{ ref: x, shape: [2], dtype: 'float32' }], ([value], body) => [
      body.op('Mul', [value, scalarOf(body, 3)]),
    ]);
    c.TF_DeleteFunction(builder.finish(name, [x], results));
    const [product] = await executeFunction(runtime, name, [handle], 1, false);
    const right = runtime.download(product).join() === '3,6';
    runtime.release(product);
    return right;
  } catch {
    return false;
  } finally {
    runtime.release(handle);
  }
}
