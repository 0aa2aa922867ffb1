/** The parts that come with the tool and are known by name. The order of the engines is that in which `auto` tries them. */
import { cpu } from '@facewright/backend-cpu';
import { nodeGpu } from '@facewright/backend-node-gpu';
import { onnx } from '@facewright/backend-onnx';
import { wasm } from '@facewright/backend-wasm';
import { webgpu } from '@facewright/backend-webgpu';
import type { PluginFactory } from '@facewright/core';
import {
  alignedFolder,
  flatFolder,
  folder,
  insightFaceRec,
  trillionPairs,
  webdataset,
  zip,
} from '@facewright/datasets';
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
import { mobileFaceNet, mobileNetV2 } from '@facewright/models';
import { fivePoint, gaussianNoise, givenLandmarks, mtcnn, opening, saltAndPepper } from '@facewright/preprocess';
import { tensorBoard } from '@facewright/report';
import {
  accuracyCriterion,
  adam,
  adamW,
  epochsCriterion,
  plateauCriterion,
  sgd,
  stepsCriterion,
} from '@facewright/training';

/** `auto` takes these first, where they have a GPU to compute on. */
export const gpuBackends: readonly PluginFactory<'backend'>[] = [nodeGpu];

export const backends: readonly PluginFactory<'backend'>[] = [onnx, nodeGpu, webgpu, wasm, cpu];

export const builtins = [
  folder,
  trillionPairs,
  alignedFolder,
  flatFolder,
  insightFaceRec,
  webdataset,
  zip,
  mtcnn,
  givenLandmarks,
  fivePoint,
  opening,
  gaussianNoise,
  saltAndPepper,
  mobileFaceNet,
  mobileNetV2,
  softmax,
  normalisedSoftmax,
  arcFace,
  cosFace,
  combinedMargin,
  subCentreArcFace,
  adaFace,
  magFace,
  curricularFace,
  sgd,
  adam,
  adamW,
  stepsCriterion,
  epochsCriterion,
  plateauCriterion,
  accuracyCriterion,
  tensorBoard,
  ...backends,
] as unknown as readonly PluginFactory[];
