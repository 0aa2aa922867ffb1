/** Implements `facewright import`: turns weights trained elsewhere into a model directory. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FacewrightError, messageOf, parseOptions } from '@facewright/core';
import { z } from 'zod';
import { readWeightsFile } from '@facewright/convert';
import { importModel } from '../import-model.js';
import { configOf } from '../config-of.js';
import { fitted } from '../fitted.js';
import { withSession } from '../session.js';
import type { CommonOptions } from '../options.js';

export interface ImportCommandOptions extends CommonOptions {
  readonly out?: string;
  readonly list?: boolean;
  readonly layout?: string;
  readonly map?: string;
  readonly model?: string;
  readonly options?: string;
  readonly colour?: 'rgb' | 'bgr';
  readonly alignment?: string;
  readonly allowUnused?: boolean;
  readonly licence?: string;
  readonly images?: string;
}

export default (path: string, options: ImportCommandOptions) =>
  withSession(options, async ({ print }) => {
    if (options.list) return list(path, print);
    if (options.out === undefined)
      throw new FacewrightError({
        what: 'No output directory was given.',
        where: 'the command line',
        todo: 'Pass --out <dir>, or --list to only look at the file.',
      });
    const { given, baseDirectory, where } = await configOf({ config: options.config });
    const { model, layout, colour, alignment, allowUnused, licence, images } = options;
    const imported = await importModel({
      path,
      out: options.out,
      config: given,
      baseDirectory,
      where,
      model,
      layout,
      colour,
      alignment,
      allowUnused,
      licence,
      images,
      options: options.options === undefined ? undefined : jsonOf(options.options, '--options', objectSchema),
      map: options.map === undefined ? undefined : jsonOf(await textOf(options.map), options.map, mapSchema),
    });
    const { card, directory, how, unused, filled } = imported;
    const check = card.imported?.check;
    print(`${card.model.name}, input ${card.inputSize.join('×')}, embeddings of ${card.embeddingSize} numbers; ${how}`);
    if (unused.length)
      print(
        `ignored: ${unused.length} tensors that the model does not use (${unused.slice(0, 3).join(', ')}${unused.length > 3 ? ', …' : ''})`,
      );
    print(
      fitted(
        check
          ? `agrees with the file's own graph on ${check.images} images (${check.on}): cosine at least ${check.minimumCosine.toFixed(8)}`
          : `all ${filled.tensors} tensors of this network (${filled.numbers.toLocaleString('en')} numbers) are in the file with their shapes; it contains no graph to compare with`,
      ),
    );
    print(directory);
    return { json: { directory, how, unused, filled, card } };
  });

async function list(path: string, print: (text: string) => void): Promise<{ json: unknown }> {
  const { format, tensors } = await readWeightsFile(resolve(path));
  const rows = [...tensors].map(([name, { shape, dtype }]) => ({ name, shape, dtype }));
  for (const { name, shape, dtype } of rows)
    print(`${name}  [${shape.join(', ')}]${dtype === 'float32' ? '' : ` ${dtype}`}`);
  return { json: { format, tensors: rows } };
}

const objectSchema = z.record(z.string(), z.unknown());
const mapSchema = z.record(z.string(), z.string());

function jsonOf<Schema extends z.ZodType>(text: string, where: string, schema: Schema): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FacewrightError({ what: `This is not JSON: ${messageOf(error)}.`, where });
  }
  return parseOptions(schema, value, where);
}

const textOf = (path: string): Promise<string> =>
  readFile(resolve(path), 'utf8').catch((error: unknown) => {
    throw new FacewrightError({ what: `Cannot read the name map: ${messageOf(error)}`, where: path, cause: error });
  });
