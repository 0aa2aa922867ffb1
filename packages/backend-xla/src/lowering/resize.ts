/** Resizing images, its gradients, and crops. */
import type { OpAttributes } from '@facewright/capture';
import { bilinearMatrix, nearestMatrix, type ResizeMatrix } from '@facewright/compiled-engine';
import type { Builder } from '../hlo/builder.js';
import type { Hlo } from '../hlo/value.js';
import { full, type Kernel, type Lowering, type Lowerings } from './lowering.js';

/** x [n, h, w, c] by `rows` [n?, h′, h] and `columns` [n?, w′, w], contracted over h and w: [n, h′, w′, c]. */
function along(hlo: Builder, x: Hlo, rows: Hlo, columns: Hlo, side: 0 | 1): Hlo {
  // the product's own order would be [w, h′, n, c]: moves each axis back to its place in NHWC
  const down = hlo.transpose(hlo.dot(rows, x, { contract: [[side], [1]] }), [1, 0, 2, 3]);
  return hlo.transpose(hlo.dot(columns, down, { contract: [[side], [2]] }), [1, 2, 0, 3]);
}

const resize =
  (matrix: ResizeMatrix): Lowering<'ResizeBilinear' | 'ResizeNearestNeighbor'> =>
  ({ hlo, inputs: { images }, attrs, shape }) => {
    const [, h, w] = images.shape;
    const [, height, width] = shape;
    const rows = hlo.constant(matrix(h, height, attrs), [height, h], 'f32');
    const columns = hlo.constant(matrix(w, width, attrs), [width, w], 'f32');
    return along(hlo, full(hlo, images), rows, columns, 1);
  };

const resizeGradient =
  (matrix: ResizeMatrix): Lowering<'ResizeBilinearGrad' | 'ResizeNearestNeighborGrad'> =>
  ({ hlo, inputs: { dy }, attrs, shape }) => {
    const [, h, w] = shape;
    const [, height, width] = dy.shape;
    const rows = hlo.constant(matrix(h, height, attrs), [height, h], 'f32');
    const columns = hlo.constant(matrix(w, width, attrs), [width, w], 'f32');
    return along(hlo, full(hlo, dy), rows, columns, 0);
  };

/**
 * [boxes, crop, side]: the weight of each pixel along a side in each pixel of a crop. Positions are float64, because a
 * box that ends at the border must not fall beyond it.
 */
function cropMatrix(hlo: Builder, from: Hlo, to: Hlo, crop: number, side: number, method: string) {
  const [boxes] = from.shape;
  const shape = [boxes, crop];
  const spread = (x: Hlo): Hlo => hlo.broadcast(x, shape, [0]);
  const scaled = (x: Hlo): Hlo => hlo.scale(x, side - 1);
  const steps = hlo.iota(shape, 1, 'f64');
  const place =
    crop > 1
      ? hlo.add(
          spread(scaled(from)),
          hlo.multiply(steps, spread(hlo.divide(scaled(hlo.subtract(to, from)), hlo.like(crop - 1, to)))),
        )
      : spread(scaled(hlo.scale(hlo.add(from, to), 0.5)));
  const last = hlo.like(side - 1, place);
  const zero = hlo.like(0, place);
  const outside = hlo.binary('or', hlo.compare('LT', place, zero), hlo.compare('GT', place, last));
  const inside = hlo.minimum(hlo.maximum(place, zero), last);
  const whole = [boxes, crop, side];
  const hot = (at: Hlo, weight: Hlo): Hlo => {
    const found = hlo.compare('EQ', hlo.iota(whole, 2), hlo.broadcast(hlo.convert(at, 'i32'), whole, [0, 1]));
    const share = hlo.broadcast(hlo.convert(weight, 'f32'), whole, [0, 1]);
    return hlo.select(found, share, hlo.like(0, share));
  };
  if (method === 'nearest')
    return { outside, matrix: hot(hlo.unary('floor', hlo.add(inside, hlo.like(0.5, inside))), hlo.like(1, inside)) };
  const low = hlo.unary('floor', inside);
  const share = hlo.subtract(inside, low);
  const matrix = hlo.add(hot(low, hlo.subtract(hlo.like(1, share), share)), hot(hlo.unary('ceil', inside), share));
  return { outside, matrix };
}

function cropAndResize({
  hlo,
  inputs: { image, boxes, boxInd },
  attrs,
  shape,
}: Kernel<OpAttributes['CropAndResize']>): Hlo {
  const { method, extrapolationValue } = attrs;
  const [count, height, width, channels] = shape;
  const [, h, w] = image.shape;
  const corners = hlo.convert(boxes, 'f64');
  const corner = (i: number): Hlo => hlo.reshape(hlo.slice(corners, [0, i], [count, i + 1]), [count]);
  const rows = cropMatrix(hlo, corner(0), corner(2), height, h, method);
  const columns = cropMatrix(hlo, corner(1), corner(3), width, w, method);
  const own = hlo.gather(
    full(hlo, image),
    hlo.convert(boxInd, 'i32'),
    'offset_dims = [1, 2, 3], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1',
    [1, h, w, channels],
    [count, h, w, channels],
  );
  const down = hlo.dot(rows.matrix, own, { batch: [[0], [0]], contract: [[2], [1]] });
  const across = hlo.dot(columns.matrix, down, { batch: [[0], [0]], contract: [[2], [2]] });
  const outside = hlo.binary(
    'or',
    hlo.broadcast(rows.outside, shape, [0, 1]),
    hlo.broadcast(columns.outside, shape, [0, 2]),
  );
  const cropped = hlo.select(outside, hlo.filled(extrapolationValue, shape), hlo.transpose(across, [0, 2, 1, 3]));
  // a box of a nonexistent image is empty, as in tfjs
  const images = hlo.like(image.shape[0], boxInd);
  const there = hlo.broadcast(hlo.compare('LT', boxInd, images), shape, [0]);
  return hlo.select(there, cropped, hlo.like(0, cropped));
}

export const resizeLowerings: Lowerings = {
  ResizeBilinear: resize(bilinearMatrix),
  ResizeNearestNeighbor: resize(nearestMatrix),
  ResizeBilinearGrad: resizeGradient(bilinearMatrix),
  ResizeNearestNeighborGrad: resizeGradient(nearestMatrix),
  CropAndResize: cropAndResize,
};
