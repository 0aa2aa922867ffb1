/** The definition of a composite op in simpler tfjs ops, which are captured instead. */
import type * as tf from '@tensorflow/tfjs-core';
import type { CanonicalOp, OpAttributes } from '../canonical/attributes.js';
import type { GraphNode } from '../graph.js';

/** Inputs by tfjs's names; '0', '1', … for kernels that take a list. The formula must not use the op itself. */
export type Composite<Op extends CanonicalOp> = (
  inputs: Readonly<Record<string, tf.Tensor>>,
  attrs: OpAttributes[Op],
  node: GraphNode,
) => tf.Tensor | tf.Tensor[];
export type Composites = { readonly [Op in CanonicalOp]?: Composite<Op> };
