/** `facewright export`: writes a trained model as a file for other programs. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { EXPORT_FORMATS } from '../export-card.js';
import { withCommon } from '../options.js';
import { lazily } from '../lazily.js';

export function addExport(program: Command): void {
  withCommon(
    program
      .command('export')
      .description('write a trained model for other programs')
      .requiredOption('--model <dir>', 'model directory, or a run')
      .addOption(new Option('--format <name>', 'what to write').choices([...EXPORT_FORMATS]).makeOptionMandatory())
      .requiredOption('--out <dir>', 'directory for the model file, its card.json and README.md')
      .addOption(
        new Option('--layout <order>', 'axis order of the images (default: nchw for onnx, nhwc for tfjs)').choices([
          'nchw',
          'nhwc',
        ]),
      )
      .addOption(
        new Option(
          '--prelu <form>',
          'PReLU in an ONNX file: its own op, or depthwise convolutions, which onnxruntime runs faster on a processor',
        )
          .choices(['op', 'convolutions'])
          .default('op'),
      )
      .option(
        '--images <dataset>',
        'prepared dataset to compare on (default: the one next to the model, else drawn faces and patterns)',
      )
      .option('--count <number>', 'number of images to compare on', positive, 32),
  )
    .addHelpText(
      'after',
      `
The model takes pixels from 0 to 255 and gives embeddings of length 1. Nothing is written unless the embeddings of all
images have a cosine of at least 0.99999 with the engine's own.
For TFLite, export as ONNX with --layout nhwc and convert that in Python: pip install onnx2tf, then onnx2tf -i model.onnx.

Examples:
  facewright export --model run/model --format onnx --out run/export
  facewright export --model run/model --format onnx --prelu convolutions --out run/fast
  facewright export --model run/model --format tfjs --out web/model
  facewright export --model run/model --format onnx --layout nhwc --images run/dataset --out run/export`,
    )
    .action(lazily(() => import('../actions/export.js')));
}
function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('Expected an integer of at least 1.');
  return value;
}
