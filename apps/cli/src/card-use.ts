/** How to use an exported model in Python and TypeScript, for its README. A test runs both unchanged. */
import type { ExportCard } from './export-card.js';
import type { HandOff } from './hand-off.js';

const points = (list: HandOff['points'][number]): string => `[${list.map(([x, y]) => `[${x}, ${y}]`).join(', ')}]`;

export function pythonUse({ points: [one, two], cosine }: HandOff): string {
  return `\`\`\`python
# pip install numpy opencv-python-headless onnxruntime
from align import align, embed, read

# five points a face, from a detector: eyes, nose, corners of the mouth
first = align(read("example-1.png"), ${points(one)})
second = align(read("example-2.png"), ${points(two)})
a, b = embed([first, second])
print(f"cosine {a @ b:.4f}")  # ${cosine.toFixed(4)}
\`\`\``;
}

export const onnxTypescript = (handed: HandOff, layout: string): string =>
  typescript(handed, layout, {
    packages: '@facewright/onnxruntime',
    imports: `import { InferenceSession, Tensor } from '@facewright/onnxruntime';`,
    open: `const session = await InferenceSession.create('model.onnx');`,
    embed: (images, shape) => `  const tensor = new Tensor('float32', ${images}, ${shape});
  const { embeddings } = await session.run({ images: tensor });
  return embeddings.data as Float32Array;`,
  });

export const tfjsTypescript = (handed: HandOff, layout: string): string =>
  typescript(handed, layout, {
    packages: '@tensorflow/tfjs-core @tensorflow/tfjs-backend-wasm @tensorflow/tfjs-converter',
    imports: `import { readFile } from 'node:fs/promises';
import '@tensorflow/tfjs-backend-wasm';
import { loadGraphModelSync } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';`,
    open: `await tf.setBackend('wasm');
// in a browser: const model = await loadGraphModel('model.json');
const weights = new Uint8Array(await readFile('weights.bin')).buffer;
const model = loadGraphModelSync([JSON.parse(await readFile('model.json', 'utf8')), weights]);`,
    embed: (
      images,
      shape,
    ) => `  const embeddings = model.predict({ images: tf.tensor(${images}, ${shape}) }) as tf.Tensor;
  return (await embeddings.data()) as Float32Array;`,
  });

/** How a runtime is had, opens the model and embeds one image. */
interface Runtime {
  readonly packages: string;
  readonly imports: string;
  readonly open: string;
  embed(images: string, shape: string): string;
}

function typescript(
  { points: [one, two], cosine, template, size, inputSize }: HandOff,
  layout: string,
  { packages, imports, open, embed }: Runtime,
): string {
  const [height, width] = inputSize;
  const nchw = layout === 'nchw';
  const planes = `  const images = Float32Array.from({ length: pixels.length }, (_, i) => pixels[(i % ${height * width}) * 3 + Math.floor(i / ${height * width})]);`;
  return `\`\`\`ts
// npm install ${packages} sharp @facewright/preprocess @facewright/training
import { createFivePointAligner } from '@facewright/preprocess';
import { fitPixels } from '@facewright/training';
${imports}
import sharp from 'sharp';

${open}
const aligner = createFivePointAligner(${size}); // onto ${points(template)}

async function embed(file: string, [leftEye, rightEye, nose, mouthLeft, mouthRight]: [number, number][]) {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const face = aligner.align({ ...info, data }, { leftEye, rightEye, nose, mouthLeft, mouthRight });
  const pixels = fitPixels(face, [${height}, ${width}]);
${nchw ? planes : '  const images = Float32Array.from(pixels);'}
${embed('images', nchw ? `[1, 3, ${height}, ${width}]` : `[1, ${height}, ${width}, 3]`)}
}

const a = await embed('example-1.png', ${points(one)});
const b = await embed('example-2.png', ${points(two)});
console.log('cosine', a.reduce((sum, value, i) => sum + value * b[i], 0).toFixed(4)); // ${cosine.toFixed(4)}
\`\`\``;
}

/** Thresholds from the model's own evaluations, from the latest that has them. */
export function thresholds({ metrics = [] }: Pick<ExportCard, 'metrics'>): string {
  const measured = metrics.findLast(({ thresholdAtFar }) => thresholdAtFar);
  if (!measured)
    return 'No thresholds are known yet. Measure them with "facewright evaluate --model <dir> --pairs <file> --images <folder>", then export again.';
  const rows = Object.entries(measured.thresholdAtFar ?? {}).flatMap(([far, threshold]) =>
    threshold === null
      ? []
      : [`| ${far} | ${threshold.toFixed(4)} | ${(100 * (measured.tarAtFar[far] ?? 0)).toFixed(2)} % |`],
  );
  return `Two photos count as the same person if the cosine of their embeddings is at least the threshold. Measured on ${measured.on}, ${measured.pairs} pairs:

| false accept rate | threshold | true accepts |
| --- | --- | --- |
${rows.join('\n')}${measured.threshold === undefined ? '' : `\n| most accurate | ${measured.threshold.toFixed(4)} | |`}`;
}
