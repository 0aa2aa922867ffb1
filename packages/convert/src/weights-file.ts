/** Reads weights files of any supported format: named tensors, and the graph if the file has one. */
import { decodeSafetensors, FacewrightError, hostTensor, messageOf, type HostTensor } from '@facewright/core';
import type { Unpickled } from '@facewright/core/pickle';
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { readChecked } from '@facewright/platform/node';
import { foreignFormat, refuseFolder, refuseFormat } from './foreign-formats.js';
import { isPlainFolder, readPlainFolder } from './insightface-y1.js';
import { mayBeOnnx, readOnnx, type OnnxGraph } from './onnx/model.js';
import { isTorch, readTorch } from './torch/checkpoint.js';
import { TorchTensor } from './torch/tensors.js';

export interface WeightsFile {
  readonly format: 'safetensors' | 'pytorch' | 'onnx' | 'insightface-plain';
  /** As stored in the file; kernels have their outputs first. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** Whether `tensors` are in creation order; safetensors are sorted by name. */
  readonly ordered: boolean;
  readonly graph?: OnnxGraph;
  /** The whole file if it has a graph that can be run. */
  readonly bytes?: Uint8Array;
  readonly sha256: string;
  readonly path: string;
}

/** A face embedding network is at most a tenth of this; the file is held in memory. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * Reads a file, or the folder of InsightFace y1. Throws a `FacewrightError` if it is unreadable, damaged, or in an
 * unknown format. Nothing in it is ever run.
 */
export async function readWeightsFile(path: string): Promise<WeightsFile> {
  if (await isFolder(path)) {
    if (!(await isPlainFolder(path))) await refuseFolder(path);
    const { tensors, bytes } = await readPlainFolder(path);
    return { format: 'insightface-plain', tensors, ordered: false, sha256: sha256Of(bytes), path };
  }
  const bytes = await readChecked(path, { maxBytes: MAX_BYTES }).catch((error: unknown) => {
    if (error instanceof FacewrightError) throw error;
    throw new FacewrightError({
      what: `Cannot read the weights file: ${messageOf(error)}`,
      where: path,
      cause: error,
    });
  });
  return parseWeights(bytes, path);
}

export async function parseWeights(bytes: Uint8Array, path: string): Promise<WeightsFile> {
  const sha256 = sha256Of(bytes);
  if (isTorch(bytes))
    return {
      format: 'pytorch',
      tensors: stateDictionary(await readTorch(bytes, path), path, bytes.length),
      ordered: true,
      sha256,
      path,
    };
  if (mayBeSafetensors(bytes)) {
    const { tensors, metadata } = decodeSafetensors(bytes, path);
    if (metadata.format === 'facewright')
      throw new FacewrightError({
        what: 'These weights are already in facewright format.',
        where: path,
        todo: 'Use the model directory that contains them.',
      });
    return { format: 'safetensors', tensors: new Map(Object.entries(tensors)), ordered: false, sha256, path };
  }
  if (mayBeOnnx(bytes)) {
    // a TensorFlow graph may begin in the same way
    const graph = onnxGraph(bytes, path);
    return { format: 'onnx', tensors: graph.weights, ordered: true, graph, bytes, sha256, path };
  }
  return refuseFormat(bytes, path);
}

function onnxGraph(bytes: Uint8Array, path: string): OnnxGraph {
  try {
    return readOnnx(bytes, path);
  } catch (error) {
    if (foreignFormat(bytes, path)) refuseFormat(bytes, path);
    throw error;
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** An eight-byte length, then a JSON object. */
const mayBeSafetensors = (bytes: Uint8Array): boolean =>
  bytes.length > 8 && bytes[6] === 0 && bytes[7] === 0 && bytes[8] === 0x7b;

/**
 * A checkpoint may contain several dictionaries, for the network, its head and the optimiser. The network's is the one
 * with the most tensors.
 */
function stateDictionary(value: Unpickled, where: string, size: number): Map<string, HostTensor> {
  let largest: [string, TorchTensor][] = [];
  const look = (inner: Unpickled, depth: number): void => {
    if (!(inner instanceof Map) || depth > 3) return;
    const own = [...inner].filter(
      (entry): entry is [string, never] => typeof entry[0] === 'string' && (entry[1] as unknown) instanceof TorchTensor,
    ) as unknown as [string, TorchTensor][];
    if (own.length > largest.length) largest = own;
    for (const each of inner.values()) look(each, depth + 1);
  };
  look(value, 0);
  if (!largest.length)
    throw new FacewrightError({
      what: 'The checkpoint has no named tensors.',
      where,
      todo: 'Save only the weights: torch.save(model.state_dict(), "model.pt").',
    });
  // tensors may share their numbers, like tied weights, but a small file must not expand to a large one
  const numbers = largest.reduce((sum, [, { shape }]) => sum + shape.reduce((product, side) => product * side, 1), 0);
  if (numbers > 2 * size)
    throw new FacewrightError({
      what: `The checkpoint claims ${numbers} numbers in its tensors, more than its ${size} bytes can hold.`,
      where,
      todo: 'Download or save the file again.',
    });
  return new Map(
    largest.map(([name, tensor]) => {
      const { data, shape } = tensor;
      if (!data)
        throw new FacewrightError({
          what: `The tensor "${name}" is not completely in the checkpoint.`,
          where,
          todo: 'Download or save the file again.',
        });
      return [name, hostTensor(shape, data)];
    }),
  );
}
