/** Between dtypes, as tfjs does it. */
import { type } from '../runtime/attributes.js';
import { isHalf, type TfType } from '../runtime/dtypes.js';
import { scalarOf, type Emitter, type Operand, type Ref } from './lowering.js';

/** The tensor itself where it has that dtype already. */
export function cast(emit: Emitter, { ref, dtype }: Operand, to: TfType): Ref {
  if (dtype === to) return ref;
  if (to === 'bool') return emit.op('NotEqual', [ref, scalarOf(emit, 0, dtype)]);
  return emit.op('Cast', [ref], { DstT: type(to) });
}

/** As floats: whole numbers and truths become float32, floats of 16 bits stay. */
export const floats = (emit: Emitter, operand: Operand): Ref =>
  isHalf(operand.dtype) ? operand.ref : cast(emit, operand, 'float32');
