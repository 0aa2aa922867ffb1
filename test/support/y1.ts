/** InsightFace's y1 for tests, read as `facewright import` reads it. */
import { fitUnits, layersOf, planImport, readWeightsFile } from '@facewright/convert';
import { createRandom, createRunContainer, pluginContext, type InitialState } from '@facewright/core';
import { mobileFaceNet, type MobileFaceNetOptionsInput } from '@facewright/models';
import { createFivePointAligner } from '@facewright/preprocess';
import { saveModel } from '@facewright/training';

export interface Y1 extends InitialState {
  /** Of `mobileFaceNet`. */
  readonly options: MobileFaceNetOptionsInput & {
    readonly batchNormEpsilon: number;
    readonly embeddingEpsilon: number;
  };
}

/** `directory` is that of `sharedData('models/insightface-y1')`. */
export async function readY1(directory: string): Promise<Y1> {
  const plan = planImport(await readWeightsFile(directory));
  const options = plan.options as Y1['options'];
  const model = await mobileFaceNet(options).create(pluginContext(createRunContainer(), 'y1'));
  const expected = model.init(createRandom(0));
  const state = fitUnits(expected, plan.unitsFor(layersOf(expected)), {
    epsilon: (layer) => (layer === 'embedding' ? options.embeddingEpsilon : options.batchNormEpsilon),
    channels: plan.channels,
    where: directory,
  });
  return { options, ...state };
}

/** Writes y1 as a model directory `to`, whose card has no thresholds, and returns that. */
export async function saveY1(directory: string, to: string): Promise<string> {
  const { options, ...state } = await readY1(directory);
  const { fingerprint, size } = createFivePointAligner(112);
  await saveModel(to, {
    card: {
      format: 1,
      model: { name: 'mobilefacenet', options: mobileFaceNet(options).options },
      inputSize: [112, 112],
      embeddingSize: 128,
      alignment: { fingerprint, size },
    },
    ...state,
  });
  return to;
}
