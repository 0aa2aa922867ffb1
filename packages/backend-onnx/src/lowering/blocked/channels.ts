/**
 * Operations on blocked images: a matrix [c, n·h·w] whose columns run over blocks of B images, rows, columns of pixels,
 * and the B images of the block. The same memory read as [1, c·B, n/B·h, w] is exactly onnxruntime's NCHWc layout of
 * c·B channels. Its depthwise convolution, which can apply a scale per channel, a shift, a sum and an activation,
 * therefore does per-channel work at memory speed and without copying.
 */
import type { Value } from '@facewright/capture';
import { floats, int, ints, NCHWC_DOMAIN, text } from '../../onnx/builder.js';
import type { OnnxAttribute } from '../../onnx/encode.js';
import { four, type AffineForm, type Lowering, type ScaledForm } from '../context.js';

/** y = 1 where x < 0, else 0: clip(−10³⁰·x, 0, 1). */
const WAYS = {
  relu: { activation: text('Relu') },
  isNegative: { activation: text('HardSigmoid'), activation_params: floats(-1e30, 0) },
};

export interface Channels {
  readonly count: number;
  /** Values per channel. */
  readonly length: number;
  /** activation(scale · x + shift + sum); the last two are optional. */
  affine(
    x: string,
    scale: string,
    options?: { shift?: string; sum?: string; activation?: 'relu' | 'isNegative' },
  ): string;
  /** Σ x, [c]. */
  sum(x: string): string;
  /** Σ x · y, [c]. */
  dot(x: string, y: string): string;
  /** A vector [c] as a column, for broadcasting. */
  column(vector: string): string;
}

/** For a value of shape [n, h, w, c] with n a multiple of the block size. */
export function channelsOf(lowering: Lowering, value: Value): Channels {
  const {
    onnx,
    target: { block },
  } = lowering;
  const [n, h, w, c] = four(value);
  const length = n * h * w;
  const rows = (n / block) * h;
  const image = (name: string): string => lowering.reshape(name, [1, c * block, rows, w]);
  const spread = (vector: string, ...shape: number[]): string =>
    lowering.reshape(onnx.op('Expand', [lowering.reshape(vector, [c, 1]), onnx.integers(c, block)]), [
      c * block,
      ...shape,
    ]);
  const attributes = (kernel: readonly [number, number]): Record<string, OnnxAttribute> => ({
    group: int(c * block),
    kernel_shape: ints(...kernel),
    strides: ints(1, 1),
    dilations: ints(1, 1),
    pads: ints(0, 0, 0, 0),
  });
  return {
    count: c,
    length,
    affine(x, scale, { shift, sum, activation } = {}) {
      const inputs = [
        image(x),
        spread(scale, 1, 1, 1),
        ...(shift || sum ? [shift ? spread(shift) : ''] : []),
        ...(sum ? [image(sum)] : []),
      ];
      const way = activation ? WAYS[activation] : {};
      return lowering.reshape(onnx.op('Conv', inputs, { ...attributes([1, 1]), ...way }, NCHWC_DOMAIN), [c, length]);
    },
    sum: (x) => onnx.op('ReduceSum', [x, onnx.integers(1)], { keepdims: int(0) }),
    // a depthwise convolution whose kernel is as large as its input gives one number per channel and image of the block
    dot(x, y) {
      const products = onnx.op(
        'Conv',
        [image(x), lowering.reshape(y, [c * block, 1, rows, w])],
        attributes([rows, w]),
        NCHWC_DOMAIN,
      );
      return onnx.op('ReduceSum', [lowering.reshape(products, [c, block]), onnx.integers(1)], { keepdims: int(0) });
    },
    column: (vector) => lowering.reshape(vector, [c, 1]),
  };
}

/** Whether a value can be blocked, i.e. has whole blocks of images. */
export const fitsBlocks = ({ target: { block } }: Lowering, { shape, dtype }: Value): boolean =>
  block > 0 && dtype === 'float32' && shape.length === 4 && shape[0] % block === 0;

/** y = scale · base + shift, computed only if something needs the value itself. */
export function setAffine(lowering: Lowering, value: Value, form: AffineForm): void {
  lowering.affine.set(value, form);
  lowering.postpone(value, () => channelsOf(lowering, value).affine(form.base, form.scale, { shift: form.shift }));
}

export function setScaled(lowering: Lowering, value: Value, form: ScaledForm): void {
  lowering.scaled.set(value, form);
  lowering.postpone(value, () => channelsOf(lowering, value).affine(form.name, form.scale));
}
