/** `facewright embed`: computes embeddings of photos. */
import type { Command } from 'commander';
import { lazily } from '../lazily.js';
import { withCommon } from '../options.js';

export function addEmbed(program: Command): void {
  withCommon(
    program
      .command('embed')
      .description('turn photos into embeddings, one vector of length 1 per face')
      .argument('<photos...>', 'photos, or folders of them')
      .requiredOption('--model <path>', 'model directory, a run, or weights that "facewright import" reads')
      .requiredOption('--out <file>', 'output file: .npy, .parquet, or .jsonl with one line of JSON per face')
      .option('--all-faces', 'embed every face in a photo (default: the large one near the centre)')
      .option('--aligned', 'the images are aligned faces (default: only those with exactly the aligned size)'),
  )
    .addHelpText(
      'after',
      `
embeddings.npy is an array [faces, numbers] of float32. The file embeddings.jsonl next to it names the photo and the face of each row.
Photos without a face, and files that cannot be read, are listed and left out.

Examples:
  facewright embed photos/ --model run/model --out embeddings.npy
  facewright embed photos/ --model run/model --out embeddings.parquet
  facewright embed party.jpg --model run/model --all-faces --out faces.jsonl
  facewright embed crops/ --aligned --model w600k_mbf.onnx --out embeddings.npy`,
    )
    .action(lazily(() => import('../actions/embed.js')));
}
