/** Runs each op immediately, with `TFE_Execute`. Intermediate results are released when the kernel is done. */
import type { Emitter, Operand, Ref } from '../lowering/lowering.js';
import { setAttributes, type Attributes } from '../runtime/attributes.js';
import type { DType, HostData } from '../runtime/dtypes.js';
import type { Pointer, Runtime } from '../runtime/runtime.js';

/** A handle. Someone else owns a `borrowed` one. */
export interface EagerRef {
  readonly handle: Pointer;
  readonly borrowed: boolean;
}

/** Caches shapes and other small constants that recur in every step. */
const MAX_CONSTANTS = 2000;
const SMALL = 16;

export class EagerEmitter implements Emitter {
  readonly gpu: boolean;
  private readonly constants = new Map<string, EagerRef>();
  private made: EagerRef[] = [];

  constructor(private readonly runtime: Runtime) {
    this.gpu = runtime.gpu !== undefined;
  }

  /** Runs a kernel's lowering and returns the handles of its results, which the caller owns. */
  run(lowering: (emit: Emitter) => Ref | Ref[]): Pointer[] {
    const outer = this.made;
    this.made = [];
    let kept: EagerRef[] = [];
    try {
      const result = lowering(this);
      const results = (Array.isArray(result) ? result : [result]) as EagerRef[];
      // a constant, or a repeated tensor, needs a separate handle
      kept = results.map((ref, index) =>
        ref.borrowed || results.indexOf(ref) !== index ? (this.op('Identity', [ref]) as EagerRef) : ref,
      );
      return kept.map(({ handle }) => handle);
    } finally {
      for (const ref of this.made) if (!kept.includes(ref)) this.runtime.release(ref.handle);
      this.made = outer;
    }
  }

  op(name: string, inputs: readonly (Ref | readonly Ref[])[], attributes: Attributes = {}): Ref {
    return this.ops(name, inputs, attributes, 1)[0];
  }

  ops(name: string, inputs: readonly (Ref | readonly Ref[])[], attributes: Attributes, outputs: number): Ref[] {
    const handles = inputs.map((input) =>
      Array.isArray(input) ? (input as EagerRef[]).map(({ handle }) => handle) : (input as EagerRef).handle,
    );
    const refs = executeOp(this.runtime, name, handles, attributes, outputs).map((handle) => ({
      handle,
      borrowed: false,
    }));
    this.made.push(...refs);
    return refs;
  }

  fused(
    _name: string,
    inputs: readonly Operand[],
    body: (refs: readonly Ref[], emit: Emitter) => readonly Ref[],
  ): readonly Ref[] {
    return body(
      inputs.map(({ ref }) => ref),
      this,
    );
  }

  constant(data: HostData, shape: readonly number[], dtype: DType): Ref {
    const make = (borrowed: boolean): EagerRef => ({
      handle: this.runtime.upload(data, shape, dtype, shape.length > 0),
      borrowed,
    });
    if (data.length > SMALL) {
      const ref = make(false);
      this.made.push(ref);
      return ref;
    }
    const key = `${dtype}[${shape.join()}]${data.join()}`;
    let ref = this.constants.get(key);
    if (!ref) {
      ref = make(true);
      if (this.constants.size < MAX_CONSTANTS) this.constants.set(key, ref);
      else {
        const temporary = { handle: ref.handle, borrowed: false };
        this.made.push(temporary);
        return temporary;
      }
    }
    return ref;
  }
}

/** Runs one op and returns handles that the caller owns. An array among the inputs is a list input. */
export function executeOp(
  runtime: Runtime,
  name: string,
  inputs: readonly (Pointer | readonly Pointer[])[],
  attributes: Attributes,
  outputs: number,
): Pointer[] {
  const { c } = runtime.library;
  const op = runtime.call(name, (status) => c.TFE_NewOp(runtime.context, name, status)) as Pointer;
  try {
    for (const input of inputs) {
      if (typeof input === 'bigint') runtime.call(name, (status) => c.TFE_OpAddInput(op, input, status));
      else runtime.call(name, (status) => c.TFE_OpAddInputList(op, BigUint64Array.from(input), input.length, status));
    }
    setAttributes(c, 'TFE_Op', op, attributes);
    const results = new BigUint64Array(outputs);
    const count = Int32Array.of(outputs);
    runtime.call(name, (status) => c.TFE_Execute(op, results, count, status));
    return [...results.subarray(0, count[0])];
  } finally {
    c.TFE_DeleteOp(op);
  }
}
