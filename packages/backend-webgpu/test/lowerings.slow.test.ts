/** Every op that can be captured, lowered to WGSL. */
import { testContext } from '@facewright/testkit';
import { testLowerings } from '@facewright/test/lowerings';
import { describe } from 'vitest';
import { webgpu } from '../src/index.js';
import { adapterHere } from './adapter.js';

const missing = await adapterHere();

const SCATTER = 'several threads would add to one number, which WGSL only supports for integers';
const GATHER = 'no step of a model, loss or optimiser here gathers by more than one axis';
const RESIZE = 'images are resized before they are uploaded; no net here does it';
const SCAN = 'a scan runs along its axis: op by op it is as fast';
/** WGSL guarantees no better accuracy for its angles: an absolute error of 2⁻¹¹. */
const ANGLE = 5e-4;
const GAPS = {
  'GatherV2 with batch axes': GATHER,
  GatherNd: GATHER,
  ScatterNd: SCATTER,
  TensorScatterUpdate: SCATTER,
  'ResizeBilinear, and its gradient': RESIZE,
  'ResizeNearestNeighbor, and its gradient': RESIZE,
  'ResizeBilinear, corners aligned, and its gradient': RESIZE,
  'ResizeNearestNeighbor, corners aligned, and its gradient': RESIZE,
  CropAndResize: RESIZE,
  Cumsum: SCAN,
  Cumprod: SCAN,
  TopK: 'sorting: op by op it is as fast',
  'DepthwiseConv2dNative, several kernels per channel': 'its kernels have one number per channel and position',
};

describe.skipIf(missing)(`on an adapter${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const emit = () => undefined; // the table says what falls back
  testLowerings(async () => (await webgpu().create(testContext({ emit }))).open(), {
    gaps: GAPS,
    tolerances: { Sin: ANGLE, Cos: ANGLE, Tan: ANGLE, Acos: ANGLE },
  });
});
