/**
 * Translates captured kernels to TensorFlow nodes for tfjs-converter. Names and attributes follow TensorFlow's op
 * definitions and tfjs-converter's `operations/op_list`.
 */
import type { GraphNode } from '@facewright/capture';

/** TensorFlow attributes in JSON: strings are base64, integers are text. */
export type Attribute =
  | { readonly s: string }
  | { readonly i: string }
  | { readonly f: number }
  | { readonly b: boolean }
  | { readonly type: string }
  | { readonly list: { readonly i: readonly string[] } }
  | { readonly shape: { readonly dim: readonly { readonly size: string }[] } };

export interface TfNode {
  readonly op: string;
  /** In TensorFlow's order, with tfjs's names. */
  readonly inputs: readonly string[];
  /** Integers that TensorFlow takes as an additional input. */
  readonly numbers?: readonly number[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export const FLOAT: Attribute = { type: 'DT_FLOAT' };
const text = (value: string): Attribute => ({ s: Buffer.from(value).toString('base64') });
const integers = (values: readonly number[]): Attribute => ({ list: { i: values.map(String) } });
const T = { T: FLOAT };

const same =
  (op: string): ((node: GraphNode) => TfNode) =>
  ({ inputNames }) => ({ op, inputs: inputNames, attributes: T });
const binary =
  (op: string): ((node: GraphNode) => TfNode) =>
  () => ({ op, inputs: ['a', 'b'], attributes: T });

const pair = (value: unknown): [number, number] =>
  Array.isArray(value) ? (value as [number, number]) : [value as number, value as number];

const convolution =
  (op: string): ((node: GraphNode) => TfNode | undefined) =>
  ({ attrs }) => {
    const {
      strides,
      pad,
      dilations,
      dataFormat = 'NHWC',
    } = attrs as { strides: unknown; pad: unknown; dilations: unknown; dataFormat?: string };
    if (dataFormat !== 'NHWC') return undefined;
    const [sides, gaps] = [pair(strides), pair(dilations ?? 1)];
    const padding: Record<string, Attribute> =
      typeof pad === 'string'
        ? { padding: text(pad.toUpperCase()) }
        : { padding: text('EXPLICIT'), explicit_paddings: integers((pad as number[][]).flat()) };
    return {
      op,
      inputs: ['x', 'filter'],
      attributes: {
        ...T,
        data_format: text('NHWC'),
        strides: integers([1, ...sides, 1]),
        dilations: integers([1, ...gaps, 1]),
        ...padding,
      },
    };
  };

/** The ops of an embedding; undefined for anything without a TensorFlow equivalent. */
export const NODES: Readonly<Record<string, (node: GraphNode) => TfNode | undefined>> = {
  Add: binary('AddV2'),
  Sub: binary('Sub'),
  Multiply: binary('Mul'),
  RealDiv: binary('RealDiv'),
  Maximum: binary('Maximum'),
  Minimum: binary('Minimum'),
  Sqrt: same('Sqrt'),
  Rsqrt: same('Rsqrt'),
  Square: same('Square'),
  Relu: same('Relu'),
  Relu6: same('Relu6'),
  Sigmoid: same('Sigmoid'),
  Identity: same('Identity'),
  Prelu: () => ({ op: 'Prelu', inputs: ['x', 'alpha'], attributes: T }),
  Conv2D: convolution('Conv2D'),
  DepthwiseConv2dNative: convolution('DepthwiseConv2dNative'),
  FusedBatchNorm: ({ attrs }) => ({
    op: 'FusedBatchNormV3',
    inputs: ['x', 'scale', 'offset', 'mean', 'variance'],
    attributes: {
      ...T,
      U: FLOAT,
      data_format: text('NHWC'),
      epsilon: { f: attrs.varianceEpsilon as number },
      is_training: { b: false },
    },
  }),
  BatchMatMul: ({ attrs }) => ({
    op: 'BatchMatMulV2',
    inputs: ['a', 'b'],
    attributes: { ...T, adj_x: { b: Boolean(attrs.transposeA) }, adj_y: { b: Boolean(attrs.transposeB) } },
  }),
  Transpose: ({ attrs }) => ({
    op: 'Transpose',
    inputs: ['x'],
    numbers: attrs.perm as number[],
    attributes: { ...T, Tperm: { type: 'DT_INT32' } },
  }),
  Reshape: ({ attrs }) => ({
    op: 'Reshape',
    inputs: ['x'],
    numbers: attrs.shape as number[],
    attributes: { ...T, Tshape: { type: 'DT_INT32' } },
  }),
  Sum: ({ attrs }) => ({
    op: 'Sum',
    inputs: ['x'],
    numbers: [attrs.axis].flat() as number[],
    attributes: { ...T, Tidx: { type: 'DT_INT32' }, keep_dims: { b: Boolean(attrs.keepDims) } },
  }),
  Mean: ({ attrs }) => ({
    op: 'Mean',
    inputs: ['x'],
    numbers: [attrs.axis].flat() as number[],
    attributes: { ...T, Tidx: { type: 'DT_INT32' }, keep_dims: { b: Boolean(attrs.keepDims) } },
  }),
};
