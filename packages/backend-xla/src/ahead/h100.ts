/**
 * Compiles a program for an H100 on a machine without a GPU, and counts what it will do there. XLA writes the optimised
 * program before it needs NVIDIA's assembler; if that is missing, compilation then fails, but the program is available.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mlir } from '../pjrt/client.js';
import { namedValues } from '../pjrt/named-values.js';
import { encodeCompileOptions } from '../pjrt/options.js';
import { loadPlugin, PjrtError } from '../pjrt/plugin.js';

/** stream_executor.GpuTargetConfigProto of an H100 with 80 GB. */
const H100 = `gpu_device_info { cuda_compute_capability { major: 9 minor: 0 } threads_per_block_limit: 1024 threads_per_warp: 32
  shared_memory_per_block: 49152 shared_memory_per_block_optin: 232448 shared_memory_per_core: 233472 threads_per_core_limit: 2048 core_count: 132
  fpus_per_core: 128 registers_per_core_limit: 65536 registers_per_block_limit: 65536 block_dim_limit_x: 2147483647 block_dim_limit_y: 65535
  block_dim_limit_z: 65535 memory_bandwidth: 3352320000000 l2_cache_size: 52428800 clock_rate_ghz: 1.98 device_memory_size: 84978434048 }
platform_name: "CUDA" dnn_version_info { major: 9 minor: 10 patch: 0 } device_description_str: "NVIDIA H100 80GB HBM3"`;

/** The optimised program as HLO text; XLA's dump goes to `directory`. */
export async function compileForH100(plugin: string, text: string, directory: string): Promise<string> {
  const loaded = await loadPlugin(plugin);
  const options = namedValues(loaded.koffi, {
    target_config: { type: 'string', value: H100 },
    topology: { type: 'string', value: '1x1x1' },
  });
  const topology = loaded
    .call('TopologyDescription_Create', (args) => args.pointer(32, options).word(40, 2))
    .getWord(48);
  const proto = encodeCompileOptions({
    flags: {
      xla_dump_to: directory,
      xla_dump_hlo_as_text: true,
      xla_gpu_autotune_level: 0,
      // Triton's matrix products need a configuration that only measuring provides
      xla_gpu_enable_triton_gemm: false,
    },
  });
  const program = mlir(loaded, text);
  try {
    await loaded.callAsync('Compile', (args) =>
      args.pointer(16, topology).pointer(24, program).pointer(32, proto).word(40, proto.length),
    );
  } catch (error) {
    if (!(error instanceof PjrtError)) throw error;
    const written = await optimised(directory);
    if (written === undefined) throw error;
    return written;
  } finally {
    loaded.call('TopologyDescription_Destroy', (args) => args.pointer(16, topology));
  }
  return (await optimised(directory))!;
}

async function optimised(directory: string): Promise<string | undefined> {
  const name = (await readdir(directory)).find((file) => file.endsWith('gpu_after_optimizations.txt'));
  return name && readFile(join(directory, name), 'utf8');
}

export interface ProgramCounts {
  /** Kernels launched on the device per step. */
  readonly kernels: number;
  readonly byKind: Readonly<Record<string, number>>;
  readonly transposes: number;
  readonly copies: number;
  /**
   * Total size of the operands and results of all kernels: the memory traffic if caches keep nothing between kernels.
   */
  readonly bytes: number;
}

const BYTES: Readonly<Record<string, number>> = {
  pred: 1,
  s8: 1,
  u8: 1,
  bf16: 2,
  f16: 2,
  s32: 4,
  u32: 4,
  f32: 4,
  s64: 8,
  f64: 8,
};
const SHAPE = /\b(pred|s8|u8|bf16|f16|s32|u32|f32|s64|f64)\[([\d,]*)\]/g;
/** Takes no time on the device. */
const FREE = new Set(['parameter', 'constant', 'bitcast', 'get-tuple-element', 'tuple', 'after-all']);

const bytesOf = (type: string): number =>
  [...type.matchAll(SHAPE)].reduce(
    (sum, [, element, shape]) =>
      sum + BYTES[element] * shape.split(',').reduce((product, side) => product * Number(side || 1), 1),
    0,
  );

interface Instruction {
  readonly name: string;
  readonly type: string;
  readonly op: string;
  readonly operands: readonly string[];
  readonly rest: string;
}

function instructionsOf(hlo: string): Instruction[] {
  const entry = hlo.slice(hlo.indexOf('\nENTRY '));
  return entry
    .slice(0, entry.indexOf('\n}'))
    .replaceAll(/\/\*.*?\*\//g, '') // in long lists: /*index=5*/
    .split('\n')
    .flatMap((line) => {
      const [, name, type, op, rest] = /^\s+(?:ROOT )?%?([\w.-]+) = (\([^=]*?\)|\S+) ([\w-]+)\((.*)$/.exec(line) ?? [];
      if (name === undefined) return [];
      const inside = rest.slice(0, rest.indexOf(')'));
      const operands = inside.split(',').map((operand) => operand.trim().replace(/^%/, ''));
      return [{ name, type, op, operands, rest }];
    });
}

/** Types by name; `name#1` is the second result of an instruction that has several. */
function typesOf(instructions: readonly Instruction[]): Map<string, string> {
  const types = new Map<string, string>();
  for (const { name, type } of instructions) {
    types.set(name, type);
    [...type.matchAll(SHAPE)].forEach(([part], i) => types.set(`${name}#${i}`, part));
  }
  return types;
}

/** Reads only what it returns. */
const isSlice = ({ op, rest }: Instruction): boolean => op === 'slice' || /calls=%?wrapped_slice/.test(rest);

export function countProgram(hlo: string): ProgramCounts {
  const instructions = instructionsOf(hlo);
  const types = typesOf(instructions);
  const byKind: Record<string, number> = {};
  let [kernels, transposes, copies, bytes] = [0, 0, 0, 0];
  for (const instruction of instructions) {
    const { type, op, operands, rest } = instruction;
    if (FREE.has(op)) continue;
    const target = /custom_call_target="([^"]+)"/.exec(rest)?.[1];
    const kind = target ?? (op === 'fusion' ? `${/kind=k(\w+)/.exec(rest)?.[1].toLowerCase()} fusion` : op);
    byKind[kind] = (byKind[kind] ?? 0) + 1;
    kernels++;
    if (op === 'transpose' || /calls=%?[\w.]*transpose/.test(rest)) transposes++;
    if (op === 'copy' || op === 'copy-start' || /calls=%?[\w.]*copy/.test(rest)) copies++;
    const read = operands.reduce((sum, operand) => sum + bytesOf(types.get(operand) ?? ''), 0);
    bytes += bytesOf(type) + (isSlice(instruction) ? bytesOf(type) : read);
  }
  return { kernels, byKind, transposes, copies, bytes };
}
