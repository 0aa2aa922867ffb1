/**
 * The layers of a feed-forward convolutional network out of an ONNX graph, in their order: what names of weights cannot tell, since exporters
 * invent them. Batch normalisation may be a node of its own or folded into the convolution before it.
 */
import { FacewrightError, hostTensor, type HostTensor } from '@facewright/core';
import type { Unit } from '../units.js';
import type { OnnxGraph, OnnxNode } from './model.js';

/** Ops beside layers: they move numbers, scale the input or the embedding, or add a shortcut. */
const HARMLESS = new Set([
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Identity',
  'Flatten',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Transpose',
  'Shape',
  'Gather',
  'Concat',
  'Slice',
  'Cast',
  'Dropout',
  'ConstantOfShape',
  'Expand',
  'Clip',
  'Max',
  'Pow',
  'Sqrt',
  'ReduceL2',
  'ReduceSum',
  'ReduceSumSquare',
  'LpNormalization',
  'Relu',
  'Constant',
  'Pad',
]);

/** Throws a `FacewrightError` that names the first node it cannot follow. */
export function unitsOfGraph({ nodes, weights }: OnnxGraph, where: string): Unit[] {
  const aliases = new Map<string, string>();
  const units: Unit[] = [];
  const refuse = (node: OnnxNode, what: string): never => {
    throw new FacewrightError({
      what: `The node "${node.name}" (${node.op}) ${what}.`,
      where,
      todo: 'Without a name map, only plain sequences of convolution, batch normalisation and PReLU can be read. Pass a name map with --map.',
    });
  };
  const weight = (node: OnnxNode, index: number): HostTensor => {
    let name = node.inputs[index] ?? '';
    for (let hops = 0; aliases.has(name) && hops < nodes.length; hops++) name = aliases.get(name)!;
    return weights.get(name) ?? refuse(node, `takes "${name}", which is not a weight in the file`);
  };
  const last = (node: OnnxNode): Unit => units.at(-1) ?? refuse(node, 'comes before the first convolution');
  for (const node of nodes) {
    switch (node.op) {
      case 'Conv':
        units.push({ label: node.name, kernel: weight(node, 1), ...(node.inputs[2] && { bias: weight(node, 2) }) });
        break;
      case 'Gemm': {
        const kernel = weight(node, 1);
        units.push({
          label: node.name,
          kernel: node.attributes.get('transB') ? kernel : transposed(kernel),
          ...(node.inputs[2] && { bias: weight(node, 2) }),
        });
        break;
      }
      case 'MatMul':
        units.push({ label: node.name, kernel: transposed(weight(node, 1)) });
        break;
      case 'BatchNormalization': {
        const unit = last(node);
        if (unit.norm) refuse(node, 'is a second batch normalisation after the same convolution');
        const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((index) => weight(node, index));
        unit.norm = { gamma, beta, mean, variance, epsilon: node.attributes.get('epsilon') ?? 1e-5 };
        break;
      }
      case 'PRelu':
        last(node).slope = flat(weight(node, 1));
        break;
      default:
        if (node.op === 'Identity' && node.inputs[0] !== undefined) aliases.set(node.outputs[0] ?? '', node.inputs[0]);
        else if (!HARMLESS.has(node.op)) refuse(node, 'does not belong in these networks');
    }
  }
  return units;
}

const flat = ({ data }: HostTensor): HostTensor => hostTensor([data.length], data);

/** [in, out] to [out, in]. */
function transposed(matrix: HostTensor): HostTensor {
  const [rows, columns] = matrix.shape;
  if (matrix.shape.length !== 2) return matrix; // its shape is complained of later
  return hostTensor(
    [columns, rows],
    Float32Array.from({ length: rows * columns }, (_, i) => matrix.data[(i % rows) * columns + Math.floor(i / rows)]),
  );
}
