// MobileNetV2's size against the published figures, its layer table against the paper's, and the conformance suite.
import { cpu } from '@facewright/backend-cpu';
import { wasm } from '@facewright/backend-wasm';
import { createRandom } from '@facewright/core';
import { testContext, testModel } from '@facewright/testkit';
import { expect, test } from 'vitest';
import {
  layerSizes,
  mobileNetV2,
  mobileNetV2Blocks,
  mobileNetV2Options,
  mobileNetV2Size,
  type MobileNetV2OptionsInput,
} from './index.js';

const tiny: MobileNetV2OptionsInput = {
  inputSize: 16,
  width: 0.25,
  embeddingSize: 6,
  last: 64,
  bottlenecks: [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 1, 2],
  ],
};
testModel(mobileNetV2(tiny), { engine: cpu() });
testModel(mobileNetV2(tiny), { engine: wasm(), name: 'mobilenetv2 on wasm' });

const rowsOf = (options: MobileNetV2OptionsInput, side: number) =>
  layerSizes(mobileNetV2Blocks(mobileNetV2Options.parse(options)), [side, side]);

test('at 224 it is the network of the MobileNetV2 paper: 300 M multiply–adds, 3.4 M parameters with its classifier', () => {
  const body = rowsOf({ inputSize: 224, stemStride: 2 }, 224).filter(
    ({ name }) => name !== 'global' && name !== 'embedding',
  );
  const parameters = body.reduce((sum, row) => sum + row.parameters, 0);
  // torchvision's mobilenet_v2 has 3,504,872 parameters, 1,281,000 of them in the classifier
  expect(parameters).toBe(3_504_872 - 1_281_000);
  const classifier = 1280 * 1000;
  expect(Math.round((body.reduce((sum, row) => sum + row.multiplyAdds, 0) + classifier) / 1e6)).toBe(301);
  expect(body.at(-1)!.output).toEqual([7, 7, 1280]);
});

test('for faces of 112×112 the feature map before the global convolution is also 7×7', async () => {
  const rows = rowsOf({}, 112);
  expect(rows.at(-3)!.output).toEqual([7, 7, 1280]);
  expect(rows.at(-2)).toMatchObject({ name: 'global', output: [1, 1, 1280], multiplyAdds: 49 * 1280 });
  expect(rows.some(({ name }) => name === 'stage1/block1/expand')).toBe(false);
  const size = mobileNetV2Size();
  const model = await mobileNetV2().create(testContext());
  const { params } = model.init(createRandom(1));
  expect(Object.values(params).reduce((sum, { data }) => sum + data.length, 0)).toBe(size.parameters);
  expect(size).toMatchObject({ slopes: 0, outputSize: [1, 1] });
  expect([(size.parameters / 1e6).toFixed(1), (size.multiplyAdds / 1e6).toFixed(0)]).toEqual(['2.5', '300']);
  expect(Object.keys(params).filter((name) => model.groupOf!(name) === 'afterGlobal')).toEqual([
    'embedding/kernel',
    'embedding/gamma',
    'embedding/beta',
  ]);
});

test('shortcuts are those of the paper: in every repeat', () => {
  const shortcuts = mobileNetV2Blocks(mobileNetV2Options.parse({}))
    .filter(({ shortcut }) => shortcut)
    .map(({ layers }) => layers[0].name.replace('/expand', ''));
  expect(shortcuts).toEqual([
    'stage2/block2',
    'stage3/block2',
    'stage3/block3',
    'stage4/block2',
    'stage4/block3',
    'stage4/block4',
    'stage5/block2',
    'stage5/block3',
    'stage6/block2',
    'stage6/block3',
  ]);
});

test('a narrow network keeps at least nine tenths of the requested channels', () => {
  // torchvision's _make_divisible: 24·0.35 = 8.4 → 8, 32·0.35 = 11.2 → 16 (8 would be less than nine tenths), 96·0.35 = 33.6 → 32
  expect(
    rowsOf({ width: 0.35 }, 112)
      .filter(({ name }) => /stage[2357].block1.project/.test(name))
      .map(({ output }) => output[2]),
  ).toEqual([8, 16, 32, 112]);
});
