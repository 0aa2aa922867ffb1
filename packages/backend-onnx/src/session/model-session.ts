/** Runs an ONNX file with standard inputs and outputs, as another program would. */
import { FacewrightError, hostTensor, messageOf, type HostTensors } from '@facewright/core';
import { versionOf } from '../engine.js';
import { createSession, loadRuntime } from './runtime.js';
import { physicalCores } from './threads.js';

export interface ModelSession {
  /** onnxruntime and its version. */
  readonly device: string;
  run(inputs: HostTensors): Promise<HostTensors>;
  dispose(): Promise<void>;
}

/** Throws a `FacewrightError` if onnxruntime-node is missing, or rejects the model. */
export async function openOnnxModel(bytes: Uint8Array, where: string): Promise<ModelSession> {
  const runtime = await loadRuntime();
  const session = await createSession(runtime, bytes, {
    provider: 'cpu',
    threads: physicalCores(),
    optimise: true,
  }).catch((error: unknown) => {
    throw new FacewrightError({
      what: `onnxruntime rejected the model: ${messageOf(error)}`,
      where,
      cause: error,
    });
  });
  return {
    device: `onnxruntime ${versionOf(runtime)}`,
    async run(inputs) {
      const results = await session.run(
        Object.fromEntries(
          Object.entries(inputs).map(([name, { dtype, data, shape }]) => [
            name,
            new runtime.Tensor(dtype, data as Float32Array, shape),
          ]),
        ),
      );
      return Object.fromEntries(
        Object.entries(results).map(([name, { dims, data }]) => [name, hostTensor(dims, data as Float32Array)]),
      );
    },
    dispose: () => session.release(),
  };
}
