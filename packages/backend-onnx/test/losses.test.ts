// Every loss on the engine that captures a step as a graph and runs it in ONNX Runtime.
import {
  adaFace,
  arcFace,
  combinedMargin,
  cosFace,
  curricularFace,
  magFace,
  normalisedSoftmax,
  softmax,
  subCentreArcFace,
} from '@facewright/losses';
import { testLoss } from '@facewright/testkit';
import { onnx } from '../src/index.js';

const ofTheBatch = [
  {
    reason: 'its statistics are those of the batch, a single photo has others',
    tests: ['the loss is the mean over the batch'],
  },
  {
    reason: 'no gradient flows through the statistics',
    tests: ['the gradient to the embeddings agrees with finite differences'],
  },
];
const jumps = {
  reason: 'a negative jumps where it turns hard',
  tests: ['the gradient to every parameter agrees with finite differences'],
};

for (const plugin of [
  softmax({ smoothing: 0.1 }),
  normalisedSoftmax(),
  arcFace(),
  arcFace({ beyond: 'continued' }),
  cosFace(),
  combinedMargin({ m1: 0.9, m2: 0.4, m3: 0.15 }),
  subCentreArcFace(),
  magFace({ lengths: [1, 4] }),
  arcFace({ s: 16, smoothing: 0.1, filterAbove: 0.4 }),
  subCentreArcFace({ filterAbove: 0.3 }),
]) {
  testLoss(plugin, { engine: onnx(), name: `${plugin.meta.name} on onnx, ${JSON.stringify(plugin.options)}` });
}
testLoss(adaFace(), { engine: onnx(), name: 'adaface on onnx', skip: ofTheBatch });
testLoss(curricularFace(), { engine: onnx(), name: 'curricularface on onnx', skip: [...ofTheBatch, jumps] });
