/**
 * InsightFace's model y1, a trained MobileFaceNet with the paper's structure, as parameters for this package. Source:
 * liguiyuan/mobilefacenet-ncnn, `models/model-0000.params` (MXNet), unpacked into one float32 file and a manifest of
 * names, shapes and byte offsets.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  FacewrightError,
  filled,
  hostTensor,
  kernelFromOutputFirst,
  messageOf,
  type HostTensor,
  type InitialState,
} from '@facewright/core';
import { kernelShape, type ConvLayer } from './layers.js';
import { mobileFaceNetBlocks, mobileFaceNetOptions, type MobileFaceNetOptionsInput } from './mobilefacenet.js';
import { z } from 'zod';

/** The options of `mobileFaceNet` for y1's weights. Input: RGB, 112×112, aligned to the five-point template. */
export const INSIGHTFACE_Y1 = {
  batchNormEpsilon: 1e-3,
  embeddingEpsilon: 2e-5,
  embeddingBias: true,
  inputScale: { offset: 127.5, scale: 0.0078125 },
} as const satisfies MobileFaceNetOptionsInput;

const manifestSchema = z.object({
  tensors: z.array(z.object({ name: z.string(), shape: z.array(z.int().min(1)), offset: z.int().min(0) })),
});

/** Reads `manifest.json` and `weights.f32` from a directory into the state of `mobileFaceNet(INSIGHTFACE_Y1)`. */
export async function loadInsightFaceY1(directory: string): Promise<InitialState> {
  const tensor = await openWeights(directory);
  const params: Record<string, HostTensor> = {};
  const statistics: Record<string, HostTensor> = {};
  for (const layer of mobileFaceNetBlocks(mobileFaceNetOptions.parse(INSIGHTFACE_Y1)).flatMap(
    (block) => block.layers,
  )) {
    const source = sourceNames(layer.name);
    params[`${layer.name}/kernel`] = toKernel(layer, tensor(source.kernel));
    if (layer.bias) params[`${layer.name}/bias`] = tensor('arg:pre_fc1_bias');
    // MXNet's fix_gamma: whatever the file says, the network was run with 1
    params[`${layer.name}/gamma`] = source.fixedGamma ? filled([layer.outputs], 1) : tensor(`arg:${source.norm}_gamma`);
    params[`${layer.name}/beta`] = tensor(`arg:${source.norm}_beta`);
    if (layer.activation === 'prelu') params[`${layer.name}/slope`] = tensor(source.slope);
    statistics[`${layer.name}/mean`] = tensor(`aux:${source.norm}_moving_mean`);
    statistics[`${layer.name}/variance`] = tensor(`aux:${source.norm}_moving_var`);
  }
  return { params, statistics };
}

async function openWeights(directory: string): Promise<(name: string) => HostTensor> {
  const unusable = (what: string, cause?: unknown): FacewrightError =>
    new FacewrightError({
      what,
      where: directory,
      todo: 'Give the path of the directory with manifest.json and weights.f32 of InsightFace y1.',
      cause,
    });
  let text: string;
  let bytes: Uint8Array;
  try {
    [text, bytes] = await Promise.all([
      readFile(join(directory, 'manifest.json'), 'utf8'),
      readFile(join(directory, 'weights.f32')),
    ]);
  } catch (error) {
    throw unusable(`Cannot read the weights: ${messageOf(error)}.`, error);
  }
  let tensors: z.infer<typeof manifestSchema>['tensors'];
  try {
    ({ tensors } = manifestSchema.parse(JSON.parse(text)));
  } catch (error) {
    throw unusable('manifest.json is not a list of tensors with name, shape and offset.', error);
  }
  const entries = new Map(tensors.map((entry) => [entry.name, entry]));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (name) => {
    const entry = entries.get(name);
    if (!entry) throw unusable(`manifest.json has no tensor "${name}".`);
    const length = entry.shape.reduce((product, side) => product * side, 1);
    if (entry.offset + 4 * length > bytes.byteLength)
      throw unusable(`weights.f32 ends before the tensor "${name}" does.`);
    return hostTensor(
      entry.shape,
      Float32Array.from({ length }, (_, i) => view.getFloat32(entry.offset + 4 * i, true)),
    );
  };
}

interface SourceNames {
  readonly kernel: string;
  readonly norm: string;
  readonly slope: string;
  readonly fixedGamma: boolean;
}

/**
 * The source's block names for each row of the paper's table: the strided first block is a `dconv`, the other blocks a
 * `res` counted from 0.
 */
const STAGES: readonly ((block: number) => string)[] = [
  (block) => (block === 1 ? 'dconv_23' : `res_3_block${block - 2}`),
  () => 'dconv_34',
  (block) => `res_4_block${block - 1}`,
  () => 'dconv_45',
  (block) => `res_5_block${block - 1}`,
];
const PARTS: Readonly<Record<string, string>> = { expand: 'conv_sep', depthwise: 'conv_dw', project: 'conv_proj' };
const SINGLE: Readonly<Record<string, string>> = {
  stem: 'conv_1',
  stemDepthwise: 'conv_2_dw',
  last: 'conv_6sep',
  global: 'conv_6dw7_7',
};

function sourceNames(layer: string): SourceNames {
  if (layer === 'embedding') return { kernel: 'arg:fc1_weight', norm: 'fc1', slope: '', fixedGamma: true };
  const [, stage, block, part] = /^stage(\d+)\/block(\d+)\/(\w+)$/.exec(layer) ?? [];
  const base = stage ? `${STAGES[Number(stage) - 1](Number(block))}_${PARTS[part]}` : SINGLE[layer];
  return {
    kernel: `arg:${base}_conv2d_weight`,
    norm: `${base}_batchnorm`,
    slope: `arg:${base}_relu_gamma`,
    fixedGamma: false,
  };
}

/** [out, in, h, w] (depthwise [channels, 1, h, w], fully connected [out, in]) to [h, w, in, out] (depthwise [h, w, channels, 1]). */
function toKernel(layer: ConvLayer, source: HostTensor): HostTensor {
  const [outputs, inputs, height = 1, width = 1] = source.shape;
  const shape = kernelShape(layer);
  if (
    outputs !== layer.outputs ||
    inputs !== (layer.depthwise ? 1 : layer.inputs) ||
    height !== shape[0] ||
    width !== shape[1]
  ) {
    throw new FacewrightError({
      what: `The kernel of "${layer.name}" is [${source.shape.join(', ')}] in the file, which does not match [${shape.join(', ')}].`,
      where: 'InsightFace y1',
    });
  }
  return kernelFromOutputFirst(source, layer.depthwise);
}
