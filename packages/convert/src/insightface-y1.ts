/**
 * InsightFace's model y1, a trained MobileFaceNet with the paper's structure: a folder with one file of float32 numbers
 * and a manifest of names, shapes and byte offsets, unpacked from MXNet's format.
 */
import { FacewrightError, hostTensor, messageOf, type HostTensor } from '@facewright/core';
import { readChecked, readCheckedText } from '@facewright/platform/node';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Layout } from './layouts.js';

const MANIFEST = 'manifest.json';
export const PLAIN_WEIGHTS = 'weights.f32';

const manifestSchema = z.object({
  tensors: z.array(z.object({ name: z.string(), shape: z.array(z.int().min(1)), offset: z.int().min(0) })),
});
type Entry = z.infer<typeof manifestSchema>['tensors'][number];

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

/** Whether the folder has the manifest, which tells it from others. */
export const isPlainFolder = (directory: string): Promise<boolean> =>
  access(join(directory, MANIFEST)).then(
    () => true,
    () => false,
  );

/** Reads the folder. Throws a `FacewrightError` that names what is missing or damaged. */
export async function readPlainFolder(
  directory: string,
): Promise<{ readonly tensors: Map<string, HostTensor>; readonly bytes: Uint8Array }> {
  const unusable = (what: string, cause?: unknown): FacewrightError =>
    new FacewrightError({
      what,
      where: directory,
      todo: `Give the path of the folder with ${MANIFEST} and ${PLAIN_WEIGHTS} of InsightFace y1.`,
      cause,
    });
  let text: string;
  let bytes: Uint8Array;
  try {
    text = await readCheckedText(join(directory, MANIFEST));
    bytes = await readChecked(join(directory, PLAIN_WEIGHTS));
  } catch (error) {
    throw unusable(
      `Cannot read the weights: ${error instanceof FacewrightError ? error.what : messageOf(error)}`,
      error,
    );
  }
  let entries: readonly Entry[];
  try {
    entries = manifestSchema.parse(JSON.parse(text)).tensors;
  } catch (error) {
    throw unusable(`${MANIFEST} is not a list of tensors with name, shape and offset.`, error);
  }
  // tensors may share their numbers, but a small file must not expand to a large one
  const numbers = entries.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (4 * numbers > bytes.byteLength)
    throw unusable(
      `${MANIFEST} lists ${numbers} numbers, more than the ${bytes.byteLength} bytes of ${PLAIN_WEIGHTS} can hold.`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tensorOf = ({ name, shape, offset }: Entry): HostTensor => {
    const length = sizeOf(shape);
    if (offset + 4 * length > bytes.byteLength)
      throw unusable(`${PLAIN_WEIGHTS} ends before the tensor "${name}" does.`);
    return hostTensor(
      shape,
      Float32Array.from({ length }, (_, i) => view.getFloat32(offset + 4 * i, true)),
    );
  };
  return { tensors: new Map(entries.map((entry) => [entry.name, tensorOf(entry)])), bytes };
}

/**
 * The file's names for the bottlenecks in each row of the paper's table: the strided first one is a `dconv`, the others
 * are a `res` counted from 0.
 */
const BLOCKS: readonly ((repeat: number) => string)[] = [
  (repeat) => (repeat === 1 ? 'dconv_23' : `res_3_block${repeat - 2}`),
  () => 'dconv_34',
  (repeat) => `res_4_block${repeat - 1}`,
  () => 'dconv_45',
  (repeat) => `res_5_block${repeat - 1}`,
];
const PARTS = { expand: 'conv_sep', depthwise: 'conv_dw', project: 'conv_proj' };
const SINGLE = { stem: 'conv_1', stemDepthwise: 'conv_2_dw', last: 'conv_6sep', global: 'conv_6dw7_7' };

const [EPSILON, EMBEDDING_EPSILON] = [1e-3, 2e-5];

export const insightFaceY1: Layout = {
  name: 'insightface-y1',
  source: "InsightFace's y1: liguiyuan/mobilefacenet-ncnn, models/model-0000.params, unpacked",
  sign: 'arg:conv_1_conv2d_weight',
  inputScale: { offset: 127.5, scale: 0.0078125 },
  bgr: false,
  options: { batchNormEpsilon: EPSILON, embeddingEpsilon: EMBEDDING_EPSILON },
  epsilon: ({ name }) => (name === 'embedding' ? EMBEDDING_EPSILON : EPSILON),
  // MXNet's fix_gamma: whatever the file says, the network was run with 1
  ignored: ['arg:fc1_gamma'],
  tensors(layer) {
    if (layer.part === undefined && layer.name === 'embedding')
      return {
        kernel: 'arg:fc1_weight',
        bias: 'arg:pre_fc1_bias',
        beta: 'arg:fc1_beta',
        mean: 'aux:fc1_moving_mean',
        variance: 'aux:fc1_moving_var',
      };
    const base =
      layer.part === undefined
        ? SINGLE[layer.name as keyof typeof SINGLE]
        : `${BLOCKS[layer.row - 1](layer.repeat)}_${PARTS[layer.part]}`;
    return {
      kernel: `arg:${base}_conv2d_weight`,
      gamma: `arg:${base}_batchnorm_gamma`,
      beta: `arg:${base}_batchnorm_beta`,
      mean: `aux:${base}_batchnorm_moving_mean`,
      variance: `aux:${base}_batchnorm_moving_var`,
      slope: `arg:${base}_relu_gamma`,
    };
  },
};
