/**
 * Keeps onnxruntime silent. Since 1.30 its library sends usage data unless `ORT_DISABLE_TELEMETRY` is set when it
 * loads: it looks up a host, writes a device id below the home directory, and crashes on command lines above 31 KB.
 * Importing this module turns that off. To keep telemetry on, set `ORT_DISABLE_TELEMETRY=0` for the whole process.
 */
import { FacewrightError } from '@facewright/core';
import { isMainThread } from 'node:worker_threads';

const SWITCH = 'ORT_DISABLE_TELEMETRY';

process.env[SWITCH] ??= '1';

/**
 * Throws a `FacewrightError` if the setting has not reached the library's environment. Call it right before the library
 * loads.
 */
export function assertTelemetryDecided(): void {
  if (isMainThread || inProcessEnvironment()) return;
  throw new FacewrightError({
    what: 'onnxruntime would send usage data, and a worker thread cannot turn that off itself.',
    todo: `Import "@facewright/backend-onnx" in the main thread first, start the worker with "env: SHARE_ENV", or set ${SWITCH}=1 for the process.`,
  });
}

/** A worker's `process.env` is a copy that native code never sees; Node's report lists what native code sees. */
function inProcessEnvironment(): boolean {
  const report = process.report as typeof process.report & { excludeNetwork: boolean };
  report.excludeNetwork = true; // otherwise it looks up the names of peers
  const { environmentVariables } = report.getReport() as unknown as { environmentVariables: Record<string, string> };
  return environmentVariables[SWITCH] !== undefined;
}
