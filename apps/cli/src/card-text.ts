/** Describes an exported model for its users. */
import { countOf } from '@facewright/core';
import { onnxTypescript, pythonUse, tfjsTypescript, thresholds } from './card-use.js';
import type { ExportCard, ExportFormat } from './export-card.js';
import type { HandOff } from './hand-off.js';

const USE: Readonly<Record<ExportFormat, string>> = {
  onnx: `\`\`\`python
import os
os.environ.setdefault('ORT_DISABLE_TELEMETRY', '1')  # onnxruntime would send usage data
import onnxruntime
session = onnxruntime.InferenceSession('model.onnx')
embeddings = session.run(None, {'images': images})[0]  # images: float32, as below
\`\`\``,
  tfjs: `\`\`\`js
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
const model = await loadGraphModel('model.json');
const embeddings = model.predict({ images }); // images: float32, as below
\`\`\``,
};

const NOT_STATED = 'not stated';

export function cardText(card: ExportCard, layout: string, handed?: HandOff): string {
  const {
    export: { format, files, input, output, parity, facewright },
    trained,
    imported,
    metrics = [],
    licences,
  } = card;
  const percent = (value: number): string => `${(100 * value).toFixed(2)} %`;
  const rows: [string, string][] = [
    ['input', `\`${input.name}\` [${(input.shape as unknown[]).join(', ')}] ${input.dtype}: ${input.values}`],
    ['alignment', `${card.alignment.fingerprint} (faces aligned differently give bad embeddings)`],
    ['output', `\`${output.name}\` [${(output.shape as unknown[]).join(', ')}] ${output.dtype}, ${output.values}`],
    ['structure', `${card.model.name} ${JSON.stringify(card.model.options)}`],
    ...(trained
      ? [
          [
            'trained on',
            `${countOf(trained.images, 'image')} of ${countOf(trained.identities, 'person')}, ${countOf(trained.steps, 'step')} with ${trained.losses.join(', then ')}${trained.data ? `; data ${trained.data}` : ''}`,
          ] as [string, string],
        ]
      : []),
    ...(imported
      ? [
          ['imported from', `${imported.file} (${imported.format}; ${imported.how}; SHA-256 ${imported.sha256})`] as [
            string,
            string,
          ],
        ]
      : []),
    ...metrics.map(({ on, accuracy, std, pairs }): [string, string] => [
      `accuracy on ${on}`,
      `${percent(accuracy)} ± ${percent(std)} on ${pairs} pairs`,
    ]),
    ['licence of the data', licences?.data ?? NOT_STATED],
    ['licence of the weights', licences?.weights ?? NOT_STATED],
    [
      'agreement',
      `with ${parity.engine} on ${parity.images} images (${parity.on}), run by ${parity.runtime}: cosine at least ${parity.minimumCosine.toFixed(8)}, values differ by at most ${parity.maximumDifference.toExponential(1)}`,
    ],
    [
      'files',
      Object.entries(files)
        .map(([name, { bytes, sha256 }]) => `${name}, ${bytes} bytes, SHA-256 ${sha256}`)
        .join('; '),
    ],
  ];
  return `# A face embedding model

Exported by facewright ${facewright}.

${handed ? handedUse(handed, format, layout) : USE[format]}

## Thresholds

${thresholds(card)}

## Facts

| | |
| --- | --- |
${rows.map(([key, value]) => `| ${key} | ${value.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`).join('\n')}
`;
}

/** From a photo to a cosine similarity: the landmarks, and the same steps in code. */
const handedUse = (handed: HandOff, format: ExportFormat, layout: string): string => `## From a photo to an embedding

1. Find five points of the face with a detector such as MTCNN or RetinaFace: both eyes, the nose and both corners of the mouth. Left and right are
   those of the picture, not of the person.
2. Rotate, scale and shift the photo, with no other warp, so that the points come as close as possible to these in an image of ${handed.size} x ${handed.size}
   pixels, black outside the photo:

| point | x | y |
| --- | --- | --- |
${['eye on the left', 'eye on the right', 'nose', 'mouth on the left', 'mouth on the right'].map((name, index) => `| ${name} | ${handed.template[index].join(' | ')} |`).join('\n')}

3. Give the model the pixels as they are, from 0 to 255, in the order red, green, blue.

The example pictures are drawn patterns, not faces: their cosine checks your own code against this model's. The code below gives it to three
digits. Other ways to warp an image differ slightly: OpenCV 5's cv2.warpAffine rounds differently, which changes the cosine by a few thousandths.

${format === 'onnx' ? `### Python\n\n${pythonUse(handed)}\n\n` : ''}### TypeScript

${format === 'onnx' ? onnxTypescript(handed, layout) : tfjsTypescript(handed, layout)}`;
