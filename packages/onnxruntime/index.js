// Loads the package that holds onnxruntime for this platform. npm installs the one that fits, as an optional dependency of this package.
import { createRequire } from 'node:module';

// its library sends usage data unless this is set before it loads
process.env.ORT_DISABLE_TELEMETRY ??= '1';

const require = createRequire(import.meta.url);
const platform = `${process.platform}-${process.arch}`;
const name = `@facewright/onnxruntime-${platform}`;

function load() {
  try {
    return require(name);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND' || !String(error.message).includes(name)) throw error;
    throw new Error(`${name} is not installed: npm left out optional packages, or there is none for ${platform}`);
  }
}

const onnxruntime = load();
export const { InferenceSession, Tensor, env, listSupportedBackends, registerBackend } = onnxruntime;
