/** What is known of an exported model, for people. */
import type { ExportCard } from './export-card.js';

const USE: Readonly<Record<ExportCard['export']['format'], string>> = {
  onnx: `\`\`\`python
import numpy, onnxruntime
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

export function cardText(card: ExportCard): string {
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
    ['alignment', `${card.alignment.fingerprint} (faces aligned otherwise give bad embeddings)`],
    ['output', `\`${output.name}\` [${(output.shape as unknown[]).join(', ')}] ${output.dtype}, ${output.values}`],
    ['structure', `${card.model.name} ${JSON.stringify(card.model.options)}`],
    ...(trained
      ? [
          [
            'trained on',
            `${trained.images} images of ${trained.identities} people, ${trained.steps} steps with ${trained.losses.join(', then ')}${trained.data ? `; data ${trained.data}` : ''}`,
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
      `with ${parity.engine} on ${parity.images} images (${parity.on}), run by ${parity.runtime}: cosine at least ${parity.minimumCosine.toFixed(8)}, numbers differ by at most ${parity.maximumDifference.toExponential(1)}`,
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

${USE[format]}

| | |
| --- | --- |
${rows.map(([key, value]) => `| ${key} | ${value.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`).join('\n')}
`;
}
