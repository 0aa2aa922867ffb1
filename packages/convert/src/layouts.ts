/**
 * How common ports of MobileFaceNet name their layers. All have the paper's fifteen bottlenecks in rows of 5, 1, 6, 1 and
 * 2.
 */
import type { InputScale } from '@facewright/core';

/** Names of a layer's tensors in the file. */
export interface TensorNames {
  readonly kernel: string;
  readonly bias?: string;
  /** Missing if it is fixed to 1. */
  readonly gamma?: string;
  readonly beta: string;
  readonly mean: string;
  readonly variance: string;
  readonly slope?: string;
}

export interface Layout {
  readonly name: string;
  readonly source: string;
  /** A tensor that no other layout has. */
  readonly sign: string;
  /** Pixel value v was normalised as (v − offset) × scale; default: (v − 127.5) / 127.5. */
  readonly inputScale?: InputScale;
  /** Trained on BGR images. */
  readonly bgr: boolean;
  /** Options of the model, in addition to those derived from the shapes. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Tensors that the network does not use. */
  readonly ignored?: readonly string[];
  /** A layer's normalisation epsilon; default: PyTorch's 1e-5. */
  epsilon?(layer: LayerPlace): number;
  tensors(layer: LayerPlace): TensorNames;
}

/** The position of a layer: alone, or part of a bottleneck. */
export type LayerPlace =
  | { readonly name: 'stem' | 'stemDepthwise' | 'last' | 'global' | 'embedding'; readonly part?: undefined }
  | {
      readonly name: string;
      readonly part: Part;
      /** From 1. */ readonly row: number;
      readonly repeat: number;
      /** Index of the bottleneck, from 0. */ readonly index: number;
    };
type Part = 'expand' | 'depthwise' | 'project';

/** Repeats in the rows of the paper's table. */
export const ROWS = [5, 1, 6, 1, 2] as const;

/** Every layer of the standard network in order. */
export function layerPlaces(): LayerPlace[] {
  let index = -1;
  const bottlenecks = ROWS.flatMap((repeats, row) =>
    Array.from({ length: repeats }, (_, repeat) => {
      index++;
      const place = { row: row + 1, repeat: repeat + 1, index };
      return (['expand', 'depthwise', 'project'] as const).map((part): LayerPlace => ({
        name: `stage${row + 1}/block${repeat + 1}/${part}`,
        part,
        ...place,
      }));
    }),
  ).flat();
  return [
    { name: 'stem' },
    { name: 'stemDepthwise' },
    ...bottlenecks,
    { name: 'last' },
    { name: 'global' },
    { name: 'embedding' },
  ];
}

/** The tensors of PyTorch modules. */
const inModules = (conv: string, norm: string, prelu?: string): TensorNames => ({
  kernel: `${conv}.weight`,
  bias: `${conv}.bias`,
  gamma: `${norm}.weight`,
  beta: `${norm}.bias`,
  mean: `${norm}.running_mean`,
  variance: `${norm}.running_var`,
  ...(prelu !== undefined && { slope: `${prelu}.weight` }),
});

const within = (module: string, conv = 'conv', norm = 'bn', prelu = 'prelu'): TensorNames =>
  inModules(`${module}.${conv}`, `${module}.${norm}`, `${module}.${prelu}`);

const mobileFaceNetPytorch: Layout = {
  name: 'mobilefacenet-pytorch',
  source: 'Xiaoccer/MobileFaceNet_Pytorch, core/model.py',
  sign: 'dw_conv1.conv.weight',
  inputScale: { offset: 127.5, scale: 1 / 128 },
  bgr: false,
  tensors(layer) {
    if (layer.part === undefined)
      return within(
        { stem: 'conv1', stemDepthwise: 'dw_conv1', last: 'conv2', global: 'linear7', embedding: 'linear1' }[
          layer.name
        ],
      );
    const first = { expand: 0, depthwise: 3, project: 6 }[layer.part];
    return within(`blocks.${layer.index}.conv`, `${first}`, `${first + 1}`, `${first + 2}`);
  },
};

const insightFacePytorch: Layout = {
  name: 'insightface-pytorch',
  source: 'TreB1eN/InsightFace_Pytorch, model.py',
  sign: 'conv_23.conv_dw.conv.weight',
  // its data_pipe.py swaps red and blue both when unpacking the training set and when loading verification sets
  bgr: true,
  tensors(layer) {
    if (layer.part === undefined) {
      return layer.name === 'embedding'
        ? inModules('linear', 'bn')
        : within({ stem: 'conv1', stemDepthwise: 'conv2_dw', last: 'conv_6_sep', global: 'conv_6_dw' }[layer.name]);
    }
    const { row, repeat } = layer;
    const block = [
      repeat === 1 ? 'conv_23' : `conv_3.model.${repeat - 2}`,
      'conv_34',
      `conv_4.model.${repeat - 1}`,
      'conv_45',
      `conv_5.model.${repeat - 1}`,
    ][row - 1];
    return within(`${block}.${{ expand: 'conv', depthwise: 'conv_dw', project: 'project' }[layer.part]}`);
  },
};

const arcFaceTorch: Layout = {
  name: 'arcface-torch',
  source: 'deepinsight/insightface, recognition/arcface_torch/backbones/mobilefacenet.py (mbf)',
  sign: 'conv_sep.layers.0.weight',
  bgr: false,
  tensors(layer) {
    const block = (module: string): TensorNames => within(module, 'layers.0', 'layers.1', 'layers.2');
    if (layer.part === undefined) {
      if (layer.name === 'embedding') return inModules('features.layers.2', 'features.layers.3');
      return block(
        { stem: 'layers.0', stemDepthwise: 'layers.1', last: 'conv_sep', global: 'features.layers.0' }[layer.name],
      );
    }
    const { row, repeat } = layer;
    const bottleneck = [
      repeat === 1 ? 'layers.2' : `layers.3.layers.${repeat - 2}`,
      'layers.4',
      `layers.5.layers.${repeat - 1}`,
      'layers.6',
      `layers.7.layers.${repeat - 1}`,
    ][row - 1];
    return block(`${bottleneck}.layers.${{ expand: 0, depthwise: 1, project: 2 }[layer.part]}`);
  },
};

export const PYTORCH_LAYOUTS: readonly Layout[] = [mobileFaceNetPytorch, insightFacePytorch, arcFaceTorch];
