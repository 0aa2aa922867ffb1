/** The parts that come with the tool and are known by name. The order of the engines is that in which `auto` tries them. */
import { cpu } from '@facewright/backend-cpu';
import { nodeGpu } from '@facewright/backend-node-gpu';
import { onnx } from '@facewright/backend-onnx';
import { wasm } from '@facewright/backend-wasm';
import type { PluginFactory } from '@facewright/core';
import { alignedFolder, folder, trillionPairs } from '@facewright/datasets';
import { arcFace, softmax } from '@facewright/losses';
import { mobileFaceNet } from '@facewright/models';
import { fivePoint, gaussianNoise, givenLandmarks, mtcnn, opening, saltAndPepper } from '@facewright/preprocess';
import { adam, sgd } from '@facewright/training';

export const backends: readonly PluginFactory<'backend'>[] = [onnx, nodeGpu, wasm, cpu];

export const builtins = [
  folder, trillionPairs, alignedFolder, mtcnn, givenLandmarks, fivePoint, opening, gaussianNoise, saltAndPepper, mobileFaceNet, softmax, arcFace, sgd, adam, ...backends,
] as unknown as readonly PluginFactory[];
