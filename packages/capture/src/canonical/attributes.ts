/**
 * The attributes of every captured op in canonical form: axes are counted from the front, lengths and paddings are
 * numbers, and tfjs's defaults are filled in. They remain valid for tfjs's own kernels, so a canonical graph can still
 * be interpreted.
 */
import type { CapturedDType, GraphNode } from '../graph.js';

export type Pair = readonly [number, number];
/** Zeros before and after, for each axis of NHWC. */
export type Padding4D = readonly [Pair, Pair, Pair, Pair];

/** How a window moves over an image, in height and width. */
export interface WindowAttributes {
  readonly strides: Pair;
  readonly pad: Padding4D;
  /** Whether the padding is derived from the size, like tfjs's `'same'`. */
  readonly same: boolean;
  readonly dimRoundingMode: 'floor';
}
export interface ConvolutionAttributes extends WindowAttributes {
  readonly dilations: Pair;
  readonly dataFormat: 'NHWC';
}
export interface PoolAttributes extends WindowAttributes {
  readonly filterSize: Pair;
}
export interface AxisAttributes {
  readonly axis: number;
}
export interface ReductionAttributes {
  /** Ascending. */
  readonly axis: readonly number[];
  readonly keepDims: boolean;
}
export interface ToShapeAttributes {
  readonly shape: readonly number[];
}
export interface CumulativeAttributes extends AxisAttributes {
  readonly exclusive: boolean;
  readonly reverse: boolean;
}
export interface InterpolationAttributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}
export interface ResizeAttributes extends InterpolationAttributes {
  readonly size: Pair;
}
export interface PaddingsAttributes {
  readonly paddings: readonly Pair[];
}
export interface EpsilonAttributes {
  readonly epsilon: number;
}
export type NoAttributes = Readonly<Record<string, never>>;

interface OwnAttributes {
  readonly ArgMax: AxisAttributes;
  readonly ArgMin: AxisAttributes;
  readonly AvgPool: PoolAttributes;
  readonly AvgPoolGrad: PoolAttributes;
  readonly BatchMatMul: { readonly transposeA: boolean; readonly transposeB: boolean };
  readonly BroadcastTo: ToShapeAttributes;
  readonly Cast: { readonly dtype: CapturedDType };
  readonly ClipByValue: { readonly clipValueMin: number; readonly clipValueMax: number };
  readonly Concat: AxisAttributes;
  readonly Conv2D: ConvolutionAttributes;
  readonly Conv2DBackpropFilter: ConvolutionAttributes & { readonly filterShape: readonly number[] };
  readonly Conv2DBackpropInput: ConvolutionAttributes & { readonly inputShape: readonly number[] };
  readonly CropAndResize: {
    readonly cropSize: Pair;
    readonly method: 'bilinear' | 'nearest';
    readonly extrapolationValue: number;
  };
  readonly Cumprod: CumulativeAttributes;
  readonly Cumsum: CumulativeAttributes;
  readonly DepthwiseConv2dNative: ConvolutionAttributes;
  readonly DepthwiseConv2dNativeBackpropFilter: ConvolutionAttributes & { readonly filterShape: readonly number[] };
  readonly DepthwiseConv2dNativeBackpropInput: ConvolutionAttributes & { readonly inputShape: readonly number[] };
  readonly Fill: ToShapeAttributes & { readonly value: number; readonly dtype: CapturedDType };
  readonly FusedBatchNorm: { readonly varianceEpsilon: number };
  readonly GatherV2: AxisAttributes & { readonly batchDims: number };
  readonly LeakyRelu: { readonly alpha: number };
  readonly LinSpace: { readonly start: number; readonly stop: number; readonly num: number };
  readonly MaxPool: PoolAttributes;
  readonly MaxPoolGrad: PoolAttributes;
  readonly MirrorPad: PaddingsAttributes & { readonly mode: 'reflect' | 'symmetric' };
  readonly OneHot: {
    readonly depth: number;
    readonly onValue: number;
    readonly offValue: number;
    readonly dtype: CapturedDType;
  };
  readonly Pack: AxisAttributes;
  readonly PadV2: PaddingsAttributes & { readonly constantValue: number };
  readonly Range: {
    readonly start: number;
    readonly stop: number;
    readonly step: number;
    readonly dtype: CapturedDType;
  };
  readonly Reshape: ToShapeAttributes;
  readonly ResizeBilinear: ResizeAttributes;
  readonly ResizeBilinearGrad: InterpolationAttributes;
  readonly ResizeNearestNeighbor: ResizeAttributes;
  readonly ResizeNearestNeighborGrad: InterpolationAttributes;
  readonly Reverse: { readonly dims: readonly number[] };
  readonly ScatterNd: ToShapeAttributes;
  readonly Slice: { readonly begin: readonly number[]; readonly size: readonly number[] };
  readonly SplitV: AxisAttributes & { readonly numOrSizeSplits: readonly number[] };
  readonly Step: { readonly alpha: number };
  /** All strides are positive, and no axis is added or removed. */
  readonly StridedSlice: {
    readonly begin: readonly number[];
    readonly end: readonly number[];
    readonly strides: readonly number[];
  };
  readonly Tile: { readonly reps: readonly number[] };
  readonly TopK: { readonly k: number; readonly sorted: boolean };
  readonly Transpose: { readonly perm: readonly number[] };
  readonly Unpack: AxisAttributes;
  readonly UnsortedSegmentSum: { readonly numSegments: number };
  readonly All: ReductionAttributes;
  readonly Any: ReductionAttributes;
  readonly Max: ReductionAttributes;
  readonly Mean: ReductionAttributes;
  readonly Min: ReductionAttributes;
  readonly Prod: ReductionAttributes;
  readonly Sum: ReductionAttributes;
  readonly FacewrightBatchNormTraining: EpsilonAttributes;
  readonly FacewrightBatchNormTrainingGradient: EpsilonAttributes;
}

/** Ops without attributes. */
type Plain =
  | 'Abs'
  | 'Acos'
  | 'Acosh'
  | 'Add'
  | 'AddN'
  | 'Asin'
  | 'Asinh'
  | 'Atan'
  | 'Atan2'
  | 'Atanh'
  | 'Ceil'
  | 'Cos'
  | 'Cosh'
  | 'Elu'
  | 'EluGrad'
  | 'Equal'
  | 'Erf'
  | 'Exp'
  | 'Expm1'
  | 'Floor'
  | 'FloorDiv'
  | 'GatherNd'
  | 'Greater'
  | 'GreaterEqual'
  | 'Identity'
  | 'IsFinite'
  | 'IsInf'
  | 'IsNan'
  | 'Less'
  | 'LessEqual'
  | 'Log'
  | 'Log1p'
  | 'LogSoftmax'
  | 'LogicalAnd'
  | 'LogicalNot'
  | 'LogicalOr'
  | 'Maximum'
  | 'Minimum'
  | 'Mod'
  | 'Multiply'
  | 'Neg'
  | 'NotEqual'
  | 'OnesLike'
  | 'Pow'
  | 'Prelu'
  | 'RealDiv'
  | 'Reciprocal'
  | 'Relu'
  | 'Relu6'
  | 'Round'
  | 'Rsqrt'
  | 'Select'
  | 'Selu'
  | 'Sigmoid'
  | 'Sign'
  | 'Sin'
  | 'Sinh'
  | 'Softmax'
  | 'Softplus'
  | 'Sqrt'
  | 'Square'
  | 'SquaredDifference'
  | 'Sub'
  | 'Tan'
  | 'Tanh'
  | 'TensorScatterUpdate'
  | 'ZerosLike'
  | 'FacewrightAddToTarget'
  | 'FacewrightAfter'
  | 'FacewrightPreluGradient'
  | 'FacewrightSoftmaxCrossEntropy'
  | 'FacewrightSoftmaxCrossEntropyGradient'
  | 'FacewrightTargetEntry';

/** Canonical attributes by op. Missing ops (fused kernels, `ExpandDims`) become others in canonical form. */
export type OpAttributes = OwnAttributes & { readonly [Op in Plain]: NoAttributes };
export type CanonicalOp = keyof OpAttributes;

/** The attributes of a canonical node with one of these ops. */
export const attributesOf = <Op extends CanonicalOp>(node: GraphNode, ..._ops: readonly Op[]): OpAttributes[Op] =>
  node.attrs as unknown as OpAttributes[Op];
