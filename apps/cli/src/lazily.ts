/** What a command does is loaded once it is run: `--help` and mistakes on the command line load no image library and no engine. */
type Action<Args extends unknown[]> = (...args: Args) => Promise<void>;

export const lazily =
  <Args extends unknown[]>(load: () => Promise<{ readonly default: Action<Args> }>): Action<Args> =>
  async (...args) => {
    await import('@facewright/backend-onnx/telemetry'); // off before anything loads onnxruntime
    await (await load()).default(...args);
  };
