/** The config of a command: the config file, overridden by the command line. */
import { resolve } from 'node:path';
import { FacewrightError, messageOf, type RunConfigInput } from '@facewright/core';
import { loadConfig, type LoadedConfig } from '@facewright/platform/node';
import { alignedReader, namesItsData, noData } from '@facewright/run/data-source';
import type { BatchOptions, CommonOptions, DataOptions } from './options.js';

/** Options of a part on the command line, in the form used in a config. */
export function jsonOptions(text = '{}', where = '--options'): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FacewrightError({
      what: `The options are not JSON: ${messageOf(error)}.`,
      where,
      todo: 'Write them as in the config, e.g. --options \'{"variant":"S"}\'.',
    });
  }
}

/** The config file overridden by the command line, whose paths are relative to the working directory. */
export async function configOf(
  options: CommonOptions &
    DataOptions &
    BatchOptions & {
      readonly out?: string;
      readonly from?: string;
      readonly stages?: RunConfigInput['stages'];
      readonly logger?: string[];
    },
): Promise<LoadedConfig> {
  const overrides: RunConfigInput = {
    ...(options.data !== undefined && { data: resolve(options.data) }),
    ...(options.edits !== undefined && { edits: resolve(options.edits) }),
    ...(options.out !== undefined && { out: resolve(options.out) }),
    ...(options.from !== undefined && { from: resolve(options.from) }),
    ...(options.stages !== undefined && { stages: options.stages }),
    ...(options.seed !== undefined && { seed: options.seed }),
    ...(options.backend !== undefined && { backend: options.backend }),
    ...(options.batch !== undefined && { batch: options.batch }),
    ...(options.microBatch !== undefined && { microBatch: options.microBatch }),
    ...(options.orderBuffer !== undefined && { order: { buffer: options.orderBuffer } }),
    ...(options.logger !== undefined && { loggers: options.logger }),
    ...(options.reader !== undefined && { reader: options.reader }),
    ...(options.faces !== undefined && { faces: options.faces }),
  };
  const loaded = await loadConfig({ path: options.config, overrides });
  return options.aligned
    ? { ...loaded, given: { ...loaded.given, reader: await alignedReader(loaded.given.data, loaded.baseDirectory) } }
    : loaded;
}

/** `todo`: the data that the command takes. `undefined` if the reader has options of its own, which say where it reads. */
export function requireData({ data, reader }: RunConfigInput, todo?: string): string | undefined {
  if (data === undefined && !namesItsData(reader)) throw noData('the command line', todo);
  return data;
}

/** Reports the first option below its minimum. */
export function requireAtLeast(
  values: Readonly<Record<string, number>>,
  least: Readonly<Record<string, number>>,
): void {
  for (const [name, value] of Object.entries(values)) {
    if (value < least[name])
      throw new FacewrightError({
        what: `--${name} is ${value}, but must be at least ${least[name]}.`,
        where: 'the command line',
        todo: `Use --${name} ${least[name]} or more.`,
      });
  }
}
