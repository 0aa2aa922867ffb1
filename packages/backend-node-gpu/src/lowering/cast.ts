/** Between dtypes, as tfjs does it. */
import { type } from '../runtime/attributes.js';
import type { DType } from '../runtime/dtypes.js';
import { scalarOf, type Emitter, type Operand, type Ref } from './lowering.js';

/** The tensor itself where it has that dtype already. */
export function cast(emit: Emitter, { ref, dtype }: Operand, to: DType): Ref {
  if (dtype === to) return ref;
  if (to === 'bool') return emit.op('NotEqual', [ref, scalarOf(emit, 0, dtype)]);
  return emit.op('Cast', [ref], { DstT: type(to) });
}
