/** Opens a PJRT plugin as an engine: steps are captured once per signature of shapes and run as one program. */
import { capture, simplify } from '@facewright/capture';
import { openCompiledEngine } from '@facewright/compiled-engine';
import { FacewrightError, messageOf, type Emit, type Engine } from '@facewright/core';
import { cudaToolkit, librariesBeside } from './discovery/accelerator.js';
import type { FoundPlugin } from './discovery/known.js';
import type { Precision } from './lowering/tensors.js';
import type { NamedValues } from './pjrt/named-values.js';
import { shareClient, type SharedClient } from './run/clients.js';
import { compileGraph, type Compilation, type CompiledStep, type Flags } from './run/compile.js';
import { DeviceGroup } from './run/device.js';
import { XlaRunner } from './run/runner.js';
import { tuningFlags } from './run/tuning.js';

export interface XlaEngineOptions {
  readonly plugin: FoundPlugin;
  /** How many of the plugin's devices to use; default 1. The CPU plugin simulates any number. */
  readonly devices?: number;
  readonly precision?: Precision;
  readonly statistics?: Compilation['statistics'];
  /** In bytes. On several devices, larger state entries are sharded. Default: none are. */
  readonly largestWhole?: number;
  /** Fraction of GPU memory to allocate at once; default: the plugin's own, three quarters. */
  readonly memoryFraction?: number;
  readonly dump?: string;
  readonly flags?: Flags;
  /** Default: those that keep XLA's measurements on disk. */
  readonly optionalFlags?: Flags;
  readonly emit?: Emit;
  /** Write programs for another platform; tests run a GPU's program on the CPU. */
  readonly lowerAs?: string;
}

export async function openXlaEngine({
  plugin,
  devices = 1,
  precision = 'float32',
  statistics = 'synchronised',
  largestWhole,
  memoryFraction,
  dump,
  flags,
  optionalFlags,
  emit,
  lowerAs,
}: XlaEngineOptions): Promise<Engine> {
  const { client, release } = await open(plugin, clientOptions(plugin, devices, memoryFraction));
  if (devices > client.devices.length) {
    release();
    throw new FacewrightError({
      what: `The plugin has ${client.devices.length} devices, but ${devices} were requested.`,
      where: plugin.path,
      todo: 'Use fewer "devices".',
    });
  }
  const group = new DeviceGroup(client, devices, lowerAs);
  const compilation = {
    precision,
    statistics,
    largestWhole,
    dump,
    flags: { ...platformFlags(plugin), ...flags },
    optionalFlags: optionalFlags ?? (await tuningFlags(plugin.kind)),
  };
  const kind = client.kindOf(client.devices[0]);
  const several = devices > 1 ? `, ${devices} devices` : '';
  const engine = openCompiledEngine<CompiledStep, never>({
    name: 'xla',
    device: `XLA, ${client.platform} (${kind})${several}${precision === 'float32' ? '' : `, ${precision}`}`,
    lowering: 'stablehlo',
    target: ({ state = {} }) => new XlaRunner(group, state, compilation),
    emit,
  });
  let closed = false;
  return {
    ...engine,
    bytes: true,
    async memoryOf(step, { name, state, inputs }) {
      const graph = simplify(capture(step, { state, inputs }, { name }));
      const { program } = await compileGraph(group, graph, compilation);
      try {
        const memory = program.memory();
        const bytes = memory.arguments + memory.outputs - memory.aliased + memory.scratch;
        return { bytes, limitBytes: client.memoryOf(client.devices[0])?.limit };
      } finally {
        program.free();
      }
    },
    peakBytes: () => client.memoryOf(client.devices[0])?.peak,
    async dispose() {
      if (closed) return;
      closed = true;
      await engine.dispose();
      // buffers are freed before their client
      await group.settled();
      release();
    },
  };
}

/** Client options of each platform. */
function clientOptions({ kind }: FoundPlugin, devices: number, memoryFraction: number | undefined): NamedValues {
  if (kind === 'cpu') return { cpu_device_count: { type: 'int64', value: devices } };
  if (kind !== 'cuda' && kind !== 'rocm') return {};
  return {
    // leaves others alone, because a client allocates memory on every device it sees
    visible_devices: { type: 'int64List', value: Array.from({ length: devices }, (_, i) => i) },
    ...(memoryFraction !== undefined && { memory_fraction: { type: 'float', value: memoryFraction } }),
  };
}

function platformFlags(plugin: FoundPlugin): Flags {
  const toolkit = cudaToolkit(plugin);
  return toolkit === undefined ? {} : { xla_gpu_cuda_data_dir: toolkit };
}

async function open(plugin: FoundPlugin, options: NamedValues): Promise<SharedClient> {
  try {
    return await shareClient(plugin.path, librariesBeside(plugin), options);
  } catch (error) {
    if (error instanceof FacewrightError) throw error;
    throw new FacewrightError({
      what: `The PJRT plugin failed to start: ${messageOf(error)}`,
      where: plugin.path,
      todo: 'Run "facewright doctor" to see what is missing.',
      cause: error,
    });
  }
}
