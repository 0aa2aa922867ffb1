/** Converts between dtypes like tfjs. */
import { type } from '../runtime/attributes.js';
import { isHalf, type TfType } from '../runtime/dtypes.js';
import { scalarOf, type Emitter, type Operand, type Ref } from './lowering.js';

/** Returns the tensor itself if it already has that dtype. */
export function cast(emit: Emitter, { ref, dtype }: Operand, to: TfType): Ref {
  if (dtype === to) return ref;
  if (to === 'bool') return emit.op('NotEqual', [ref, scalarOf(emit, 0, dtype)]);
  return emit.op('Cast', [ref], { DstT: type(to) });
}

/** As floats: integers and booleans become float32, 16-bit floats are unchanged. */
export const floats = (emit: Emitter, operand: Operand): Ref =>
  isHalf(operand.dtype) ? operand.ref : cast(emit, operand, 'float32');
