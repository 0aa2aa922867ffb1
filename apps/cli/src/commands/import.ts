/** `facewright import`: weights that something else trained, as a model directory. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { FacewrightError, messageOf, parseOptions } from '@facewright/core';
import { LAYOUT_NAMES, readWeightsFile } from '@facewright/convert';
import { z } from 'zod';
import { importModel } from '../import-model.js';
import { configOf, type CommonOptions } from '../options.js';
import { withSession } from '../session.js';

interface ImportCommandOptions extends CommonOptions {
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
}

export function addImport(program: Command): void {
  program
    .command('import')
    .description('make a model of weights that something else trained')
    .argument(
      '<path>',
      'PyTorch checkpoint (.pt, .pth, .ckpt), safetensors, ONNX file, or the folder of InsightFace y1',
    )
    .option('--out <dir>', 'the model directory to write')
    .option('--list', 'only print the tensors of the file')
    .addOption(
      new Option('--layout <name>', 'whose names the tensors have (default: by the names)').choices(LAYOUT_NAMES),
    )
    .option(
      '--map <file>',
      'JSON: the file\'s tensors by the model\'s parameters, e.g. {"stem/kernel": "conv1.weight"}',
    )
    .option('--model <name>', 'the model (default: mobilefacenet)')
    .option('--options <json>', 'its options where the file does not tell them')
    .addOption(
      new Option(
        '--colour <order>',
        'the order of colours the weights were trained on (default: by the layout, else rgb)',
      ).choices(['rgb', 'bgr']),
    )
    .option(
      '--alignment <dir>',
      'a prepared dataset aligned as the training images were (default: the five-point template of InsightFace)',
    )
    .option('--allow-unused', 'take the file although some of its tensors have no place in the model')
    .option('--licence <text>', "of the weights, for the model's card")
    .option(
      '--config <file>',
      'config file with plugins and aligner (default: facewright.config.* in the working directory)',
    )
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .option('--quiet', 'no progress, only warnings and errors')
    .addHelpText(
      'after',
      `
Checkpoints are read, never run. Known by their names are the MobileFaceNets of Xiaoccer/MobileFaceNet_Pytorch,
TreB1eN/InsightFace_Pytorch and InsightFace's arcface_torch (mbf); ONNX files are read in the order of their layers.

Examples:
  facewright import 068.ckpt --out model
  facewright import w600k_mbf.onnx --out model --licence "non-commercial research"
  facewright import net.safetensors --list
  facewright import net.safetensors --map names.json --options '{"embeddingSize":256}' --out model
  facewright evaluate --model model --pairs pairs.txt --images lfw-112x112.zip`,
    )
    .action((path: string, options: ImportCommandOptions) =>
      withSession(options, async ({ print }) => {
        if (options.list) return list(path, print);
        if (options.out === undefined)
          throw new FacewrightError({
            what: 'There is nowhere to write the model.',
            where: 'the command line',
            todo: 'Give --out <dir>, or --list to look at the file only.',
          });
        const { given, baseDirectory, where } = await configOf({ config: options.config });
        const { model, layout, colour, alignment, allowUnused, licence } = options;
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
          options: options.options === undefined ? undefined : jsonOf(options.options, '--options', objectSchema),
          map: options.map === undefined ? undefined : jsonOf(await textOf(options.map), options.map, mapSchema),
        });
        const { card, directory, how, unused } = imported;
        print(
          `${card.model.name}, input ${card.inputSize.join('×')}, embeddings of ${card.embeddingSize} numbers; ${how}`,
        );
        if (unused.length)
          print(
            `left out: ${unused.length} tensors that have no place in the model (${unused.slice(0, 3).join(', ')}${unused.length > 3 ? ', …' : ''})`,
          );
        print(directory);
        return { json: { directory, how, unused, card } };
      }),
    );
}

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
    throw new FacewrightError({ what: `This is no JSON: ${messageOf(error)}.`, where });
  }
  return parseOptions(schema, value, where);
}

const textOf = (path: string): Promise<string> =>
  readFile(resolve(path), 'utf8').catch((error: unknown) => {
    throw new FacewrightError({ what: `The name map cannot be read: ${messageOf(error)}`, where: path, cause: error });
  });
