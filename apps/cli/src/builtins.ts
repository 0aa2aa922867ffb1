/** The parts that come with the tool and are known by name. `auto` tries the engines in this order. */
import { createRequire } from 'node:module';
import { cpu } from '@facewright/backend-cpu';
import { nodeGpu } from '@facewright/backend-node-gpu';
import { onnx } from '@facewright/backend-onnx';
import { wasm } from '@facewright/backend-wasm';
import { webgpu } from '@facewright/backend-webgpu';
import { xla } from '@facewright/backend-xla';
import { mpi } from '@facewright/cluster-mpi';
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
import { LOSSES } from '@facewright/losses';
import { mobileFaceNet, mobileNetV2 } from '@facewright/models';
import { fivePoint, gaussianNoise, givenLandmarks, mtcnn, opening, saltAndPepper } from '@facewright/preprocess';
import { tensorBoard } from '@facewright/report';
import { CRITERIA, OPTIMISERS, single } from '@facewright/training';
import type { Builtins, PluginPackage } from '@facewright/run';

const { resolve } = createRequire(import.meta.url);
const from = (name: string, ...plugins: unknown[]): PluginPackage => ({
  name,
  file: () => resolve(name),
  plugins: plugins as PluginFactory[],
});

export const builtins: Builtins = [
  from('@facewright/datasets', folder, trillionPairs, alignedFolder, flatFolder, insightFaceRec, webdataset, zip),
  from('@facewright/preprocess', mtcnn, givenLandmarks, fivePoint, opening, gaussianNoise, saltAndPepper),
  from('@facewright/models', mobileFaceNet, mobileNetV2),
  from('@facewright/losses', ...LOSSES),
  from('@facewright/training', ...OPTIMISERS, ...CRITERIA, single),
  from('@facewright/report', tensorBoard),
  from('@facewright/backend-xla', xla),
  from('@facewright/backend-onnx', onnx),
  from('@facewright/backend-node-gpu', nodeGpu),
  from('@facewright/backend-webgpu', webgpu),
  from('@facewright/backend-wasm', wasm),
  from('@facewright/backend-cpu', cpu),
  from('@facewright/cluster-mpi', mpi),
];
