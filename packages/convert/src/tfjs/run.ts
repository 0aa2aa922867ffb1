/** Runs an exported graph model with tfjs-converter, as its users will. */
import { withTfBackend, type Engine, type Executable } from '@facewright/core';
import type * as tf from '@tensorflow/tfjs-core';
import type { GraphModel } from '@tensorflow/tfjs-converter';
import type { GraphModelFiles } from './graph-model.js';

/** The engine must run op by op on that tfjs backend. */
export async function openGraphModel(
  { model, weights }: GraphModelFiles,
  engine: Engine,
  tfBackend: string,
): Promise<Executable> {
  const { loadGraphModelSync } = await import('@tensorflow/tfjs-converter');
  const bytes = new Uint8Array(weights).buffer;
  const loaded: GraphModel<tf.io.IOHandlerSync> = withTfBackend(tfBackend, () => loadGraphModelSync([model, bytes]));
  const [output] = Object.keys((model.signature as { outputs: object }).outputs);
  const executable = engine.compile(
    (_, inputs) => ({ outputs: { [output]: loaded.predict(inputs as tf.NamedTensorMap) as tf.Tensor } }),
    { name: 'graph model' },
  );
  return {
    ...executable,
    dispose() {
      executable.dispose();
      withTfBackend(tfBackend, () => loaded.dispose());
    },
  };
}
