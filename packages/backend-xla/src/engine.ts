/** Opens a PJRT plugin as an engine: steps are captured once for each signature of shapes and run as one program. */
import { FacewrightError, messageOf, type Emit, type Engine } from '@facewright/core';
import type { Precision } from './lowering/precision.js';
import type { NamedValues } from './pjrt/named-values.js';
import { shareClient, type SharedClient } from './run/clients.js';
import type { Compilation } from './run/compile.js';
import { DeviceGroup } from './run/device.js';
import { XlaExecutable } from './run/executable.js';

export interface XlaEngineOptions {
  /** The plugin's library. */
  readonly path: string;
  /** What the plugin's client takes by name. */
  readonly client?: NamedValues;
  /** Default: all that the plugin has. */
  readonly devices?: number;
  readonly precision?: Precision;
  readonly statistics?: Compilation['statistics'];
  readonly dump?: string;
  readonly emit?: Emit;
}

export async function openXlaEngine({
  path,
  client: options = {},
  devices,
  precision = 'float32',
  statistics = 'synchronised',
  dump,
  emit,
}: XlaEngineOptions): Promise<Engine> {
  const { client, release } = await open(path, options);
  const count = devices ?? client.devices.length;
  if (count > client.devices.length) {
    release();
    throw new FacewrightError({
      what: `The plugin has ${client.devices.length} devices, and ${count} are wanted.`,
      where: path,
      todo: 'Use fewer "devices".',
    });
  }
  const group = new DeviceGroup(client, count);
  const executables = new Set<XlaExecutable>();
  const kind = client.kindOf(client.devices[0]);
  let closed = false;
  const several = count > 1 ? `, ${count} devices` : '';
  return {
    name: 'xla',
    device: `XLA, ${client.platform} (${kind})${several}${precision === 'float32' ? '' : `, ${precision}`}`,
    compile(step, compileOptions = {}) {
      const executable: XlaExecutable = new XlaExecutable(
        group,
        step,
        compileOptions,
        { precision, statistics, dump },
        {
          onCompiled: (name, seconds, nodes) => emit?.('engine.compiled', { name: 'xla', step: name, seconds, nodes }),
          onClosed: () => executables.delete(executable),
        },
      );
      executables.add(executable);
      return executable;
    },
    async dispose() {
      if (closed) return;
      closed = true;
      await Promise.all([...executables].map((executable) => executable.close()));
      release();
    },
  };
}

async function open(path: string, options: NamedValues): Promise<SharedClient> {
  try {
    return await shareClient(path, options);
  } catch (error) {
    if (error instanceof FacewrightError) throw error;
    throw new FacewrightError({
      what: `The PJRT plugin does not start: ${messageOf(error)}`,
      where: path,
      todo: '"facewright doctor" says what is missing.',
      cause: error,
    });
  }
}
