/**
 * Delays a value until another one is available. ONNX has no such edge, so the value is reshaped to its own shape,
 * which is concatenated from a constant and zero elements of the other value's shape. This computes nothing, but the
 * session cannot start earlier.
 */
import { AFTER, inputOf } from '@facewright/capture';
import { int } from '../onnx/builder.js';
import { setAffine, setScaled } from './blocked/channels.js';
import type { Emitter, Layout, Lowering } from './context.js';

function held(lowering: Lowering, name: string, shape: readonly number[], control: string): string {
  const { onnx } = lowering;
  const nothing = onnx.op('Slice', [onnx.op('Shape', [control]), onnx.integers(0), onnx.integers(0)]);
  return onnx.op('Reshape', [name, onnx.op('Concat', [onnx.integers(...shape), nothing], { axis: int(0) })]);
}

const after: Emitter = (lowering, node) => {
  const [x, control] = ['x', 'control'].map((name) => inputOf(node, name));
  const [output] = node.outputs;
  const moment = lowering.anyForm(control);
  const [n, h, w, c] = x.shape;
  const blocked = [c, n * h * w];
  const affine = lowering.affine.get(x);
  const scaled = lowering.scaled.get(x);
  if (affine && !lowering.isMade(x)) {
    const base = held(lowering, affine.base, blocked, moment);
    setAffine(lowering, output, { ...affine, base });
  } else if (scaled && !lowering.isMade(x)) {
    setScaled(lowering, output, { ...scaled, name: held(lowering, scaled.name, blocked, moment) });
  } else {
    const layout = (['blocked', 'nchw'] as const).find((one) => lowering.has(x, one)) ?? 'plain';
    const shapes: Readonly<Record<Layout, readonly number[]>> = { blocked, nchw: [n, c, h, w], plain: x.shape };
    lowering.set(output, layout, held(lowering, lowering.get(x, layout), shapes[layout], moment));
  }
};

export const ordering: Readonly<Record<string, Emitter>> = { [AFTER]: after };
