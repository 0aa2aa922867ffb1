/** InsightFace's y1 for tests, read as `facewright import` reads it. */
import { fitUnits, layersOf, planImport, readWeightsFile } from '@facewright/convert';
import { createRandom, createRunContainer, pluginContext, type InitialState } from '@facewright/core';
import { mobileFaceNet, type MobileFaceNetOptionsInput } from '@facewright/models';

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
