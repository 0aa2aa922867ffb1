/** Every kernel that is supported here. */
import { Gap, type GraphNode } from '@facewright/capture';
import { elementwiseLowerings } from './elementwise.js';
import type { Emitter, Lowerings, Operands, PlainLowering, Ref } from './lowering.js';
import { networkLowerings } from './network.js';
import { reductionLowerings } from './reduction.js';
import { shapeLowerings } from './shape.js';
import { trainingLowerings } from './training.js';

const byOp: Lowerings = {
  ...elementwiseLowerings,
  ...shapeLowerings,
  ...reductionLowerings,
  ...networkLowerings,
  ...trainingLowerings,
};
/** Each reads its own op's canonical attributes. */
const lowerings = byOp as Readonly<Record<string, PlainLowering | undefined>>;

/** Emits a canonical node and returns its outputs. Throws a `Gap` for an op without a lowering. */
export function lower(node: GraphNode, inputs: Operands, emit: Emitter, step?: string): Ref[] {
  const lowering = lowerings[node.op];
  if (!lowering) throw new Gap(node.op, { step, engine: 'node-gpu' });
  return [lowering(inputs, node.attrs, emit, node)].flat().slice(0, node.outputs.length);
}
