/** Resizing images, its gradients, and crops. */
import { bilinearMatrix, nearestMatrix, nearestPixels, type ResizeMatrix } from '@facewright/compiled-engine';
import { attributesOf, inputOf, type GraphNode, type InterpolationAttributes } from '@facewright/capture';
import { int, text } from '../../onnx/builder.js';
import { four, type Emitter, type Lowering } from '../context.js';
import { castTo } from './elementwise.js';

const interpolationOf = (node: GraphNode): InterpolationAttributes =>
  attributesOf(node, 'ResizeBilinear', 'ResizeNearestNeighbor', 'ResizeBilinearGrad', 'ResizeNearestNeighborGrad');

const resizeBilinear: Emitter = (lowering, node) => resize(lowering, node, { mode: text('linear') });

const resizeNearest: Emitter = (lowering, node) => {
  const attrs = interpolationOf(node);
  if (!attrs.halfPixelCenters) {
    resize(lowering, node, {
      mode: text('nearest'),
      nearest_mode: text(attrs.alignCorners ? 'round_prefer_ceil' : 'floor'),
    });
    return;
  }
  const images = inputOf(node, 'images');
  const [, h, w] = four(images);
  const [, height, width] = four(node.outputs[0]);
  const picked = (name: string, pixels: readonly number[], axis: number): string =>
    lowering.onnx.op('Gather', [name, lowering.onnx.integers(...pixels)], { axis: int(axis) });
  lowering.set(
    node.outputs[0],
    'nchw',
    picked(picked(lowering.get(images, 'nchw'), nearestPixels(h, height, attrs), 2), nearestPixels(w, width, attrs), 3),
  );
};

function resize(lowering: Lowering, node: GraphNode, mode: Parameters<Lowering['onnx']['op']>[2]): void {
  const [n, h, w, c] = four(node.outputs[0]);
  const { alignCorners, halfPixelCenters } = interpolationOf(node);
  const unaligned = halfPixelCenters ? 'half_pixel' : 'asymmetric';
  const places = text(alignCorners ? 'align_corners' : unaligned);
  const inputs = [lowering.get(inputOf(node, 'images'), 'nchw'), '', '', lowering.onnx.integers(n, c, h, w)];
  lowering.set(
    node.outputs[0],
    'nchw',
    lowering.onnx.op('Resize', inputs, { ...mode, coordinate_transformation_mode: places }),
  );
}

const gradient =
  (matrix: ResizeMatrix): Emitter =>
  (lowering, node) => {
    const { onnx } = lowering;
    const dy = inputOf(node, 'dy');
    const [, h, w] = four(node.outputs[0]);
    const [, height, width] = four(dy);
    const attrs = interpolationOf(node);
    const rows = matrix(h, height, attrs);
    const transposed = Float32Array.from(
      { length: rows.length },
      (_, i) => rows[(i % height) * h + Math.floor(i / height)],
    );
    const alongWidth = onnx.op('MatMul', [
      lowering.get(dy, 'nchw'),
      onnx.constant(matrix(w, width, attrs), [width, w]),
    ]);
    lowering.set(node.outputs[0], 'nchw', onnx.op('MatMul', [onnx.constant(transposed, [h, height]), alongWidth]));
  };

/**
 * Positions are computed in float64, like the reference: a box that ends exactly at the border must not fall beyond it.
 */
const cropAndResize: Emitter = (lowering, node) => {
  const { onnx } = lowering;
  const [image, boxes, boxInd] = ['image', 'boxes', 'boxInd'].map((name) => inputOf(node, name));
  const {
    cropSize: [cropHeight, cropWidth],
    method,
    extrapolationValue,
  } = attributesOf(node, 'CropAndResize');
  const [n, h, w, c] = four(image);
  const count = boxes.shape[0];
  const double = (name: string): string => castTo(onnx, name, 'float64');
  const number = (value: number): string => double(onnx.scalar(value));
  const corners = double(lowering.plain(boxes));
  const corner = (index: number): string =>
    onnx.op('Slice', [corners, onnx.integers(index), onnx.integers(index + 1), onnx.integers(1)]);

  /** [count, crop]: the position of each pixel of a crop, and whether it is outside. */
  const along = (side: number, crop: number, from: string, to: string): { place: string; outside: string } => {
    const scaled = (name: string): string => onnx.op('Mul', [name, number(side - 1)]);
    const steps = double(
      onnx.constant(
        Float32Array.from({ length: crop }, (_, i) => i),
        [crop],
      ),
    );
    const place =
      crop > 1
        ? onnx.op('Add', [
            scaled(from),
            onnx.op('Mul', [steps, onnx.op('Div', [scaled(onnx.op('Sub', [to, from])), number(crop - 1)])]),
          ])
        : scaled(onnx.op('Mul', [onnx.op('Add', [from, to]), number(0.5)]));
    const outside = onnx.op('Or', [onnx.op('Less', [place, number(0)]), onnx.op('Greater', [place, number(side - 1)])]);
    return { place: onnx.op('Min', [onnx.op('Max', [place, number(0)]), number(side - 1)]), outside };
  };
  const rows = along(h, cropHeight, corner(0), corner(2));
  const columns = along(w, cropWidth, corner(1), corner(3));
  const asRows = (name: string): string => onnx.op('Reshape', [name, onnx.integers(count, cropHeight, 1)]);
  const asColumns = (name: string): string => onnx.op('Reshape', [name, onnx.integers(count, 1, cropWidth)]);

  const indices = castTo(onnx, onnx.op('Reshape', [lowering.plain(boxInd), onnx.integers(count, 1, 1)]), 'int64');
  const known = onnx.op('Min', [indices, onnx.integers(n - 1)]);
  const pixels = onnx.op('Reshape', [lowering.plain(image), onnx.integers(n * h * w, c)]);
  const at = (y: string, x: string): string => {
    const row = onnx.op('Add', [onnx.op('Mul', [known, onnx.integers(h)]), asRows(castTo(onnx, y, 'int64'))]);
    return onnx.op(
      'Gather',
      [pixels, onnx.op('Add', [onnx.op('Mul', [row, onnx.integers(w)]), asColumns(castTo(onnx, x, 'int64'))])],
      { axis: int(0) },
    );
  };
  const rounded = (name: string): string => onnx.op('Floor', [onnx.op('Add', [name, number(0.5)])]);
  const mixed = (a: string, b: string, share: string): string =>
    onnx.op('Add', [a, onnx.op('Mul', [onnx.op('Sub', [b, a]), share])]);
  const bilinear = (): string => {
    const [top, left] = [rows, columns].map(({ place }) => onnx.op('Floor', [place]));
    const [bottom, right] = [rows, columns].map(({ place }) => onnx.op('Ceil', [place]));
    const share = (place: string, low: string): string => castTo(onnx, onnx.op('Sub', [place, low]), 'float32');
    const across = onnx.op('Unsqueeze', [asColumns(share(columns.place, left)), onnx.integers(3)]);
    const down = onnx.op('Unsqueeze', [asRows(share(rows.place, top)), onnx.integers(3)]);
    return mixed(
      mixed(at(top, left), at(top, right), across),
      mixed(at(bottom, left), at(bottom, right), across),
      down,
    );
  };
  const crop = method === 'nearest' ? at(rounded(rows.place), rounded(columns.place)) : bilinear();
  const outside = onnx.op('Unsqueeze', [
    onnx.op('Or', [asRows(rows.outside), asColumns(columns.outside)]),
    onnx.integers(3),
  ]);
  const filled = onnx.op('Where', [outside, onnx.scalar(extrapolationValue), crop]);
  // a box of a nonexistent image stays black
  const missing = onnx.op('Unsqueeze', [onnx.op('Greater', [indices, onnx.integers(n - 1)]), onnx.integers(3)]);
  lowering.set(node.outputs[0], 'plain', onnx.op('Where', [missing, onnx.scalar(0), filled]));
};

export const resizing: Readonly<Record<string, Emitter>> = {
  ResizeBilinear: resizeBilinear,
  ResizeNearestNeighbor: resizeNearest,
  ResizeBilinearGrad: gradient(bilinearMatrix),
  ResizeNearestNeighborGrad: gradient(nearestMatrix),
  CropAndResize: cropAndResize,
};
