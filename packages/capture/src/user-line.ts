/** Finds where in the user's code an op was called: the first stack line that is not in tfjs, facewright or Node. */

const FOREIGN =
  /[\\/]node_modules[\\/]@tensorflow[\\/]|node:|[\\/]capture[\\/](src|dist)[\\/](?!.*\.test\.)|[\\/]core[\\/](src|dist)[\\/]engine[\\/]|register-gradients|<anonymous>/;

/** Between the user's call and a kernel, tfjs alone has about ten frames, which is all that V8 keeps by default. */
const FRAMES = 50;

export function userLine(stack = deepStack()): string | undefined {
  const line = stack
    .split('\n')
    .slice(1)
    .map((text) => text.trim())
    .find((text) => text.startsWith('at ') && !FOREIGN.test(text));
  return line?.replace(/^at /, '');
}

function deepStack(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = limit;
  return stack;
}
