/**
 * Loads a command's implementation only when it runs: `--help` and command-line mistakes load no image library and no
 * engine.
 */
type Action<Args extends unknown[]> = (...args: Args) => Promise<void>;

export const lazily =
  <Args extends unknown[]>(load: () => Promise<{ readonly default: Action<Args> }>): Action<Args> =>
  async (...args) => {
    await import('@facewright/backend-onnx/telemetry'); // turned off before anything loads onnxruntime
    await (await load()).default(...args);
  };
