/** Matrix products, pooling with its gradients, and batch norm with running statistics. */
import type { OpAttributes } from '@facewright/capture';
import type { Builder } from '../hlo/builder.js';
import type { Hlo } from '../hlo/value.js';
import { poolGeometry, type PoolGeometry } from './geometry.js';
import { full, overChannels, type Kernel, type Lowerings } from './lowering.js';

function matrixProduct({
  hlo,
  inputs,
  attrs: { transposeA, transposeB },
  shape,
  divided,
}: Kernel<OpAttributes['BatchMatMul']>): Hlo {
  const [a, b] = [full(hlo, inputs.a), full(hlo, inputs.b)];
  const plain = [...a.shape.slice(0, -2), ...b.shape.slice(0, -2)].every((length) => length === 1);
  const leading = plain ? [] : shape.slice(0, -2);
  // expands every batch axis to the output's length
  const batched = (x: Hlo): Hlo =>
    plain ? hlo.reshape(x, x.shape.slice(-2)) : hlo.spread(x, [...leading, ...x.shape.slice(-2)]);
  const axes = leading.map((_, i) => i);
  const rank = leading.length;
  const product = hlo.dot(batched(a), batched(b), {
    batch: [axes, axes],
    contract: [[rank + (transposeA ? 0 : 1)], [rank + (transposeB ? 1 : 0)]],
  });
  // the product with sharded class centres stays sharded by class; otherwise every device would get all centres, or all
  // logits
  const axis = product.shape.findIndex((length) => divided.has(length));
  return hlo.reshape(axis < 0 ? product : hlo.divided(product, axis), shape);
}

/** Number of pixels in each window of average pooling; padding does not count. */
function counts(
  hlo: Builder,
  [, height, width]: readonly number[],
  geometry: PoolGeometry,
  shape: readonly number[],
): Hlo {
  const along = (axis: 1 | 2, size: number): number[] =>
    Array.from({ length: geometry.outSize[axis - 1] }, (_, i) => {
      const from = i * geometry.strides[axis] - geometry.pad[axis][0];
      return Math.min(size, from + geometry.window[axis]) - Math.max(0, from);
    });
  const [rows, columns] = [along(1, height), along(2, width)];
  const data = Float32Array.from(rows.flatMap((row) => columns.map((column) => row * column)));
  return hlo.broadcast(hlo.constant(data, geometry.outSize, 'f32'), shape, [1, 2]);
}

function averagePool({ hlo, inputs: { x }, node, shape }: Kernel): Hlo {
  const geometry = poolGeometry(node);
  const sums = hlo.reduceWindow('add', full(hlo, x), shape, geometry, 0);
  return hlo.convert(hlo.divide(sums, counts(hlo, x.shape, geometry, shape)), x.type);
}

/**
 * Each pixel gets its share from every window that contains it: a convolution of dy / count, dilated by the stride,
 * with a kernel of ones.
 */
function averagePoolGradient({ hlo, inputs: { dy }, node, shape }: Kernel): Hlo {
  const geometry = poolGeometry(node);
  const [, height, width] = geometry.window;
  const channels = shape[3];
  const shares = hlo.divide(full(hlo, dy), counts(hlo, shape, geometry, dy.shape));
  const side = (axis: 1 | 2): [number, number] => {
    const span = (geometry.outSize[axis - 1] - 1) * geometry.strides[axis] + 1;
    const [before] = geometry.pad[axis];
    return [geometry.window[axis] - 1 - before, shape[axis] - span + before];
  };
  const dx = hlo.convolution(
    shares,
    hlo.filled(1, [height, width, 1, channels]),
    shape,
    '[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]',
    { pad: [side(1), side(2)], inputDilation: geometry.strides.slice(1, 3), featureGroups: channels },
  );
  return hlo.convert(dx, dy.type);
}

export const networkLowerings: Lowerings = {
  BatchMatMul: matrixProduct,
  MaxPool: ({ hlo, inputs: { x }, node, shape }) =>
    hlo.reduceWindow('maximum', x, shape, poolGeometry(node), -Infinity),
  MaxPoolGrad: ({ hlo, inputs: { dy, input }, node }) =>
    hlo.selectAndScatter(input, hlo.convert(dy, input.type), poolGeometry(node)),
  AvgPool: averagePool,
  AvgPoolGrad: averagePoolGradient,
  FusedBatchNorm: ({ hlo, inputs: { x, mean, variance, offset, scale }, attrs: { varianceEpsilon } }) => {
    const inverse = hlo.unary('rsqrt', hlo.add(variance, hlo.like(varianceEpsilon, variance)));
    const factor = scale ? hlo.multiply(inverse, scale) : inverse;
    const centred = hlo.subtract(x, overChannels(hlo, mean, x.shape));
    const scaled = hlo.multiply(centred, overChannels(hlo, factor, x.shape));
    return offset ? hlo.add(scaled, overChannels(hlo, offset, x.shape)) : scaled;
  },
};
