/** Names, shapes and dtypes of a step's arguments; copying and checking them. */
import type { InputSpec, TensorSpec } from '@facewright/capture';
import type { CompileOptions, HostTensors, InputTensors } from '@facewright/core';

export type Specs = Readonly<Record<string, TensorSpec>>;
export type InputSpecs = Readonly<Record<string, InputSpec>>;

export function specsOf(values: HostTensors): Specs;
export function specsOf(values: InputTensors): InputSpecs;
export function specsOf(values: InputTensors): InputSpecs {
  const specs: Record<string, InputSpec> = {};
  for (const name of Object.keys(values)) {
    const { shape, dtype } = values[name];
    specs[name] = { shape, dtype };
  }
  return specs;
}

/** Copies, because the caller may reuse its arrays. */
export function copies<Tensors extends InputTensors>(values: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { ...value, data: value.data.slice() }]),
  ) as Tensors;
}

/** A key for inputs with the same names, dtypes and shapes, ignoring the length of dynamic axes. */
export function signatureOf(inputs: InputTensors, openAxes: CompileOptions['dynamicAxes'] = {}): string {
  let signature = '';
  for (const name of Object.keys(inputs)) {
    const { dtype, shape } = inputs[name];
    signature += `${name}: ${dtype} [`;
    for (let axis = 0; axis < shape.length; axis++)
      signature += `${axis ? ',' : ''}${openAxes[name]?.includes(axis) ? '?' : shape[axis]}`;
    signature += ']; ';
  }
  return signature;
}

/** Throws if the state has no such entry. */
export function requireEntries(specs: Specs, names: readonly string[], step: string): void {
  for (const name of names) if (!specs[name]) throw new Error(`"${step}" has no state "${name}"`);
}

/** Throws a `RangeError` if a value's shape or dtype differs from its entry. */
export function requireSpecs(specs: Specs, values: HostTensors, step: string): void {
  requireEntries(specs, Object.keys(values), step);
  for (const [name, { shape, dtype }] of Object.entries(values)) {
    const known = specs[name];
    if (shape.join() !== known.shape.join() || dtype !== known.dtype)
      throw new RangeError(
        `the state "${name}" is ${known.dtype} [${known.shape.join(', ')}], got ${dtype} [${shape.join(', ')}]`,
      );
  }
}

export const hasOpenAxes = ({ dynamicAxes = {} }: CompileOptions): boolean =>
  Object.values(dynamicAxes).some((axes) => axes.length > 0);
