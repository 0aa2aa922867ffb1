/** Finds where in the user's code an op was called: the first stack line that is not in tfjs, facewright or Node. */

const FOREIGN =
  /[\\/]node_modules[\\/]@tensorflow[\\/]|node:|[\\/]capture[\\/](src|dist)[\\/](?!.*\.test\.)|[\\/]core[\\/](src|dist)[\\/]engine[\\/]|register-gradients|<anonymous>/;

export function userLine(stack = new Error().stack ?? ''): string | undefined {
  const line = stack
    .split('\n')
    .slice(1)
    .map((text) => text.trim())
    .find((text) => text.startsWith('at ') && !FOREIGN.test(text));
  return line?.replace(/^at /, '');
}
