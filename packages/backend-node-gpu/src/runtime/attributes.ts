/**
 * An op's attributes by kind, each of which has its own function in the C API. Types that follow from the inputs can be
 * omitted.
 */
import type { Symbols } from '../library/symbols.js';
import { TF_TYPES, type TfType } from './dtypes.js';
import type { Pointer } from './runtime.js';

export type Attribute =
  | { readonly kind: 'type'; readonly value: TfType }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: Uint8Array }
  | { readonly kind: 'ints'; readonly value: readonly number[] };
export type Attributes = Readonly<Record<string, Attribute>>;

export const type = (value: TfType): Attribute => ({ kind: 'type', value });
export const bool = (value: boolean): Attribute => ({ kind: 'bool', value });
export const int = (value: number): Attribute => ({ kind: 'int', value });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const string = (value: string | Uint8Array): Attribute => ({
  kind: 'string',
  value: typeof value === 'string' ? Buffer.from(value) : value,
});
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });

/**
 * Sets them on an op to run (`TFE_Op`) or on a graph op (`TF_OperationDescription`): only the functions' names differ.
 */
export function setAttributes(c: Symbols, prefix: 'TFE_Op' | 'TF_', op: Pointer, attributes: Attributes): void {
  for (const [name, { kind, value }] of Object.entries(attributes)) {
    if (kind === 'type') c[`${prefix}SetAttrType`](op, name, TF_TYPES[value]);
    else if (kind === 'bool') c[`${prefix}SetAttrBool`](op, name, value ? 1 : 0);
    else if (kind === 'int') c[`${prefix}SetAttrInt`](op, name, value);
    else if (kind === 'float') c[`${prefix}SetAttrFloat`](op, name, value);
    else if (kind === 'string') c[`${prefix}SetAttrString`](op, name, value, value.length);
    else c[`${prefix}SetAttrIntList`](op, name, BigInt64Array.from(value, BigInt), value.length);
  }
}
