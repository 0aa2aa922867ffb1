/**
 * Does on export what onnxruntime does on loading: weights that are only transposed or reshaped before use are stored
 * in their final form. Tools that convert a model further expect convolution kernels to be plain weights.
 */
import type { OnnxData, OnnxNode, OnnxTensor } from './encode.js';

interface Parts {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
}

export function prepareWeights({ nodes, initializers }: Parts): Parts {
  const known = new Map(initializers.map((tensor) => [tensor.name, tensor]));
  const kept = nodes.filter((node) => {
    const made = prepared(node, known);
    if (made) known.set(made.name, made);
    return !made;
  });
  const used = new Set(kept.flatMap(({ inputs }) => inputs));
  return { nodes: kept, initializers: [...known.values()].filter(({ name }) => used.has(name)) };
}

function prepared(node: OnnxNode, known: ReadonlyMap<string, OnnxTensor>): OnnxTensor | undefined {
  const source = known.get(node.inputs[0]);
  if (!source || node.domain) return undefined;
  const [name] = node.outputs;
  if (node.op === 'Transpose')
    return { ...turned(source, (node.attributes.perm as { ints: readonly number[] }).ints), name };
  const shape = node.op === 'Reshape' ? known.get(node.inputs[1]) : undefined;
  return shape && { ...source, name, shape: shapeOf(source.shape, Array.from(shape.data as BigInt64Array, Number)) };
}

/** 0 keeps an axis, −1 takes the rest. */
function shapeOf(from: readonly number[], to: readonly number[]): number[] {
  const sides = to.map((side, axis) => (side === 0 ? from[axis] : side));
  const product = (list: readonly number[]): number => list.reduce((total, side) => total * side, 1);
  return sides.map((side) => (side === -1 ? product(from) / -product(sides) : side));
}

function turned(tensor: OnnxTensor, perm: readonly number[]): OnnxTensor {
  const { shape, data } = tensor;
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((total, side) => total * side, 1));
  const sides = perm.map((axis) => shape[axis]);
  const result = new (data.constructor as new (length: number) => OnnxData)(data.length);
  for (let i = 0; i < data.length; i++) {
    let [rest, from] = [i, 0];
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      from += (rest % sides[axis]) * strides[perm[axis]];
      rest = Math.floor(rest / sides[axis]);
    }
    result[i] = data[from];
  }
  return { ...tensor, shape: sides, data: result };
}
