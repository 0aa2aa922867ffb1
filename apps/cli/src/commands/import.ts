/** `facewright import`: turns weights trained elsewhere into a model directory. */
import { Option, type Command } from 'commander';
import { lazily } from '../lazily.js';

/** `LAYOUT_NAMES` of @facewright/convert, which `--help` must not load. */
export const LAYOUTS = ['mobilefacenet-pytorch', 'insightface-pytorch', 'arcface-torch', 'insightface-y1', 'order'];

export function addImport(program: Command): void {
  program
    .command('import')
    .description('import weights trained elsewhere')
    .argument(
      '<path>',
      'PyTorch checkpoint (.pt, .pth, .ckpt), safetensors, ONNX file, or the folder of InsightFace y1',
    )
    .option('--out <dir>', 'the model directory to write')
    .option('--list', 'only print the tensors of the file')
    .addOption(
      new Option('--layout <name>', 'naming scheme of the tensors (default: detected from the names)').choices(LAYOUTS),
    )
    .option(
      '--map <file>',
      'JSON: the file\'s tensors by the model\'s parameters, e.g. {"stem/kernel": "conv1.weight"}',
    )
    .option('--model <name>', 'the model (default: mobilefacenet)')
    .option('--options <json>', 'its options, if the file does not determine them')
    .addOption(
      new Option(
        '--colour <order>',
        'colour order the weights were trained on (default: by the layout, else rgb)',
      ).choices(['rgb', 'bgr']),
    )
    .option(
      '--alignment <dir>',
      'a prepared dataset with the alignment of the training images (default: the five-point template of InsightFace)',
    )
    .option('--allow-unused', 'import the file even if the model does not use some of its tensors')
    .option(
      '--images <dataset>',
      'prepared dataset whose images are used to compare the model with an ONNX file (default: drawn faces and patterns)',
    )
    .option('--licence <text>', "licence of the weights, for the model's card")
    .option(
      '--config <file>',
      'config file with plugins and aligner (default: facewright.config.* in the working directory)',
    )
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .option('--quiet', 'no progress, only warnings and errors')
    .addHelpText(
      'after',
      `
Checkpoints are parsed, never executed. The MobileFaceNets of Xiaoccer/MobileFaceNet_Pytorch, TreB1eN/InsightFace_Pytorch
and InsightFace's arcface_torch (mbf) are recognised by their tensor names.

ONNX files are read by following their graph. Scale, offset and order of colours in front of the network become part of the
model, and anything that the model cannot express is an error that names the node. The file's own graph is then run by
onnxruntime: on every image the cosine of the two embeddings must be at least 0.9999.
A graph without scale and offset gets pixels as (v - 127.5) / 127.5. Set "inputScale" with --options if it expects others.

Public weights, with licences: https://github.com/facewright/facewright/blob/main/docs/weights.md

Examples:
  facewright import 068.ckpt --out model
  facewright import w600k_mbf.onnx --out model --licence "non-commercial research"
  facewright import bgr-128.onnx --colour bgr --options '{"inputScale":{"offset":127.5,"scale":0.0078125}}' --out model
  facewright import net.safetensors --list
  facewright import net.safetensors --map names.json --options '{"embeddingSize":256}' --out model
  facewright evaluate --model model --pairs pairs.txt --images lfw-112x112.zip`,
    )
    .action(lazily(() => import('../actions/import.js')));
}
