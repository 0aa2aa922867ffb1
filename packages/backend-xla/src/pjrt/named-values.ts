/** Options by name, as passed to a client or a topology (PJRT_NamedValue). */
import { NAMED_TYPES, NAMED_VALUE_BYTES } from './abi.js';
import type { Koffi } from '@facewright/native-libraries';
import { Struct } from './struct.js';

/** Plugins check the type: a memory fraction is a float, a number of devices an int64. */
export type NamedValue =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'int64' | 'float'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int64List'; readonly value: readonly number[] };
export type NamedValues = Readonly<Record<string, NamedValue>>;

export function namedValues(koffi: Koffi, values: NamedValues): Struct {
  const list = Object.entries(values);
  const array = new Struct(koffi, NAMED_VALUE_BYTES * list.length);
  list.forEach(([name, { type, value }], i) => {
    const at = NAMED_VALUE_BYTES * i;
    array
      .word(at, NAMED_VALUE_BYTES)
      .text(at + 16, name)
      .int32(at + 32, NAMED_TYPES[type]);
    if (type === 'string') {
      array.text(at + 40, value);
      return;
    }
    if (type === 'int64List') {
      array.pointer(at + 40, BigInt64Array.from(value, BigInt)).word(at + 48, value.length);
      return;
    }
    if (type === 'float') array.float32(at + 40, value);
    else array.word(at + 40, Number(value));
    array.word(at + 48, 1);
  });
  return array;
}
