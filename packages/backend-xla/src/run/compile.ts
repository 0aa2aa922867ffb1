/** From a captured step to a program on the devices: lower, then compile. */
import type { Graph } from '@facewright/capture';
import { FacewrightError, messageOf } from '@facewright/core';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lower, type Lowered } from '../lowering/lower.js';
import type { Precision } from '../lowering/tensors.js';
import type { CompileSettings } from '../pjrt/options.js';
import { PjrtError } from '../pjrt/plugin.js';
import type { Program } from '../pjrt/program.js';
import type { DeviceGroup } from './device.js';

export type Flags = NonNullable<CompileSettings['flags']>;

export interface Compilation {
  readonly precision: Precision;
  /** Whether batch norm computes its statistics over each device's part of a batch, or over the whole. */
  readonly statistics: 'device' | 'synchronised';
  /** State entries with more bytes are sharded over the devices. */
  readonly largestWhole?: number;
  /** Directory for the text of every program, and XLA's dump of it. */
  readonly dump?: string;
  /** XLA's own flags, by name. */
  readonly flags?: Flags;
  /** Flags that a plugin may not know: without them it works as well. */
  readonly optionalFlags?: Flags;
}

export interface CompiledStep {
  readonly program: Program;
  readonly lowered: Lowered;
}

const RESOURCE_EXHAUSTED = 8;

let dumped = 0;

export async function compileGraph(
  group: DeviceGroup,
  graph: Graph,
  { precision, statistics, largestWhole, dump, flags, optionalFlags = {} }: Compilation,
): Promise<CompiledStep> {
  const lowered = lower(graph, {
    platform: group.platform,
    devices: group.count,
    statistics: statistics === 'device' ? group.count : 1,
    precision,
    largestWhole,
  });
  if (dump) {
    await mkdir(dump, { recursive: true });
    await writeFile(join(dump, `${graph.name.replace(/\W/g, '_')}-${dumped++}.mlir`), lowered.text);
  }
  try {
    const dumping: Flags = dump ? { xla_dump_to: dump, xla_dump_hlo_as_text: true } : {};
    const compile = (more: Flags): Promise<Program> =>
      group.compile(lowered.text, { flags: { ...more, ...dumping, ...flags } });
    const program = await compile(optionalFlags).catch((error: unknown) => {
      if (!Object.keys(optionalFlags).some((name) => messageOf(error).includes(name))) throw error;
      return compile({});
    });
    return { program, lowered };
  } catch (error) {
    throw explained(error, graph.name, group);
  }
}

/** XLA's own message, with advice. */
export function explained(error: unknown, step: string, group: DeviceGroup): unknown {
  if (!(error instanceof PjrtError)) return error;
  const where = `${group.platform}, ${error.call}`;
  if (error.code === RESOURCE_EXHAUSTED)
    return new FacewrightError({
      what: `The device does not have enough memory for the step "${step}": ${error.message}`,
      where,
      todo: 'Use a smaller --batch or --micro-batch; "facewright plan --backend xla" shows what fits.',
      cause: error,
    });
  return new FacewrightError({
    what: `XLA cannot run the step "${step}": ${error.message}`,
    where,
    todo: 'Report this with the files written by the backend option "dump", or use another engine.',
    cause: error,
  });
}
