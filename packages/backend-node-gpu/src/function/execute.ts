/** Runs a TensorFlow function off the main thread, so that the next batch can be prepared meanwhile. */
import { bool, setAttributes, string } from '../runtime/attributes.js';
import type { Pointer, Runtime } from '../runtime/runtime.js';

/** The caller owns the handles it returns. With `jit`, XLA compiles the function on its first call. */
export async function executeFunction(
  runtime: Runtime,
  name: string,
  inputs: readonly Pointer[],
  outputs: number,
  jit: boolean,
): Promise<Pointer[]> {
  const { c } = runtime.library;
  // a separate status, because other calls are made in the meantime
  const status = c.TF_NewStatus() as Pointer;
  const op = runtime.call(name, (shared) => c.TFE_NewOp(runtime.context, name, shared)) as Pointer;
  try {
    for (const input of inputs) runtime.call(name, (shared) => c.TFE_OpAddInput(op, input, shared));
    setAttributes(c, 'TFE_Op', op, {
      config_proto: string(runtime.config),
      ...(jit && { _XlaMustCompile: bool(true) }),
    });
    const results = new BigUint64Array(outputs);
    const count = Int32Array.of(outputs);
    await new Promise<void>((resolve, reject) => {
      c.TFE_Execute.async(op, results, count, status, (error: unknown) => (error ? reject(error) : resolve()));
    });
    if (c.TF_GetCode(status) !== 0) throw new Error(`${name}: ${c.TF_Message(status)}`);
    return [...results.subarray(0, count[0])];
  } finally {
    c.TFE_DeleteOp(op);
    c.TF_DeleteStatus(status);
  }
}
