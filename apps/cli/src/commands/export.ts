/** `facewright export`: a trained model as a file for other programs. */
import { join, resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { createEventStream, ENGINE, FacewrightError, MODEL, parseRunConfig } from '@facewright/core';
import { loadModelFiles } from '@facewright/training';
import { backendFor, compose } from '@facewright/run';
import { builtins } from '../builtins.js';
import { EXPORT_FORMATS, exportModel, type ExportFormat } from '../export-model.js';
import { configOf, withCommon, type CommonOptions } from '../options.js';
import { parityImages } from '../parity-images.js';
import { withSession } from '../session.js';

interface ExportCommandOptions extends CommonOptions {
  readonly model: string;
  readonly format: ExportFormat | 'tflite';
  readonly out: string;
  readonly layout?: 'nchw' | 'nhwc';
  readonly images?: string;
  readonly count: number;
}

export function addExport(program: Command): void {
  withCommon(
    program
      .command('export')
      .description('write a trained model for other programs; it must agree with the engine')
      .requiredOption('--model <dir>', 'the directory "model" that a training or an import ends with')
      .addOption(
        new Option('--format <name>', 'what to write').choices([...EXPORT_FORMATS, 'tflite']).makeOptionMandatory(),
      )
      .requiredOption('--out <dir>', "directory of the model's file, its card.json and README.md")
      .addOption(
        new Option('--layout <order>', 'axes of the images (default: nchw for onnx, nhwc for tfjs)').choices([
          'nchw',
          'nhwc',
        ]),
      )
      .option(
        '--images <dataset>',
        'prepared dataset to compare on (default: the one beside the model, else drawn patterns)',
      )
      .option('--count <number>', 'images to compare on', positive, 32),
  )
    .addHelpText(
      'after',
      `
The model takes pixels from 0 to 255 and gives embeddings of length 1. Nothing is written unless the embeddings of all
images have a cosine of at least 0.99999 with the engine's own.

Examples:
  facewright export --model run/model --format onnx --out run/export
  facewright export --model run/model --format tfjs --out web/model
  facewright export --model run/model --format onnx --layout nhwc --images run/dataset --out run/export`,
    )
    .action((options: ExportCommandOptions) =>
      withSession(options, async ({ signal, onEvent, print }) => {
        const { format } = options;
        if (format === 'tflite') {
          throw new FacewrightError({
            what: 'TFLite files cannot be written: no maintained npm library writes them, and none runs them in Node to check the result.',
            where: '--format tflite',
            todo: 'Export as ONNX with --layout nhwc and convert that in Python: pip install onnx2tf, then onnx2tf -i model.onnx.',
          });
        }
        const files = await loadModelFiles(resolve(options.model));
        const events = createEventStream();
        events.subscribe(onEvent);
        const { given, baseDirectory, where } = await configOf(options);
        const modelOf = { model: files.card.model, where: join(resolve(options.model), 'model.json') };
        const scope = { builtins, events, signal, baseDirectory, where, plugins: [], modelOf };
        const config = parseRunConfig({ ...given, data: undefined }, where);
        const composition = await compose(config, await backendFor(config, scope), scope);
        try {
          const model = await composition.container.resolve(MODEL);
          const comparison = await parityImages(options.model, model.inputSize, options.count, options.images);
          const exported = await exportModel({
            files,
            model,
            engine: await composition.container.resolve(ENGINE),
            format,
            out: options.out,
            layout: options.layout,
            comparison,
          });
          const { parity } = exported.card.export;
          print(
            `agrees with ${parity.engine} on ${parity.images} images: cosine at least ${parity.minimumCosine.toFixed(8)}`,
          );
          print(exported.directory);
          return { json: exported };
        } finally {
          await composition.dispose();
        }
      }),
    );
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('Expected is a whole number from 1.');
  return value;
}
