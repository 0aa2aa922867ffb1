/** Shape rules: compute the shapes and dtypes of a kernel's outputs from its inputs and attributes. */
import type { TensorSpec } from '../graph.js';

// tfjs's attribute types differ by kernel; a rule reads the ones its kernel has
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Attrs = Record<string, any>;
/** Inputs by tfjs's names; '0', '1', … for kernels that take a list. */
export type Inputs = Readonly<Record<string, TensorSpec>>;
export type Rule = (inputs: Inputs, attrs: Attrs) => TensorSpec | TensorSpec[];
export type Rules = Readonly<Record<string, Rule>>;

export const rulesFor = (names: readonly string[], rule: Rule): Rules =>
  Object.fromEntries(names.map((name) => [name, rule]));

/** The inputs of a kernel that takes a list, in order. */
export const listed = (inputs: Inputs): TensorSpec[] =>
  Object.keys(inputs)
    .sort((a, b) => Number(a) - Number(b))
    .map((key) => inputs[key]);

export const mutable = (shape: readonly number[]): number[] => [...shape];
