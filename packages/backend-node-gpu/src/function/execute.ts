/** Runs a TensorFlow function off the main thread: the next batch is made while it works. */
import { bool, setAttributes, string } from '../runtime/attributes.js';
import type { Pointer, Runtime } from '../runtime/runtime.js';

/** The handles it gives are the caller's. `jit` has XLA compile the function at its first call. */
export async function executeFunction(
  runtime: Runtime,
  name: string,
  inputs: readonly Pointer[],
  outputs: number,
  jit: boolean,
): Promise<Pointer[]> {
  const { c } = runtime.library;
  // a status of its own: other calls are made meanwhile
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
