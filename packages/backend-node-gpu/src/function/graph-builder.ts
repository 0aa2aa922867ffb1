/** An emitter that runs nothing: every op becomes a node of a TensorFlow graph, and the graph becomes a function. */
import type { Emitter, Operand, Ref } from '../lowering/lowering.js';
import { bool, setAttributes, type, type Attributes } from '../runtime/attributes.js';
import type { DType, HostData, TfType } from '../runtime/dtypes.js';
import type { Pointer, Runtime } from '../runtime/runtime.js';

/** An output of a node, as in the C API's `TF_Output`. */
interface GraphRef {
  readonly operation: Pointer;
  readonly index: number;
}

interface FusedFunction {
  readonly made: Pointer;
  readonly outputs: number;
}

/** They live as long as the context: one per body and shape. */
const fusedByRuntime = new WeakMap<Runtime, Map<string, FusedFunction>>();
function fusedFunctions(runtime: Runtime): Map<string, FusedFunction> {
  let known = fusedByRuntime.get(runtime);
  if (!known) fusedByRuntime.set(runtime, (known = new Map()));
  return known;
}

const SMALL = 64;

export class GraphBuilder implements Emitter {
  readonly gpu: boolean;
  private readonly graph: Pointer;
  private readonly constants = new Map<string, GraphRef>();
  private count = 0;

  /** `fuses`: whether XLA compiles what a lowering marks as fused. */
  constructor(
    private readonly runtime: Runtime,
    private readonly fuses: boolean,
  ) {
    this.gpu = runtime.gpu !== undefined;
    this.graph = runtime.library.c.TF_NewGraph();
  }

  get nodes(): number {
    return this.count;
  }

  placeholder(dtype: TfType, shape: readonly number[]): Ref {
    const { c } = this.runtime.library;
    return this.node('Placeholder', [], { dtype: type(dtype) }, (description) =>
      c.TF_SetAttrShape(description, 'shape', BigInt64Array.from(shape, BigInt), shape.length),
    );
  }

  op(name: string, inputs: readonly (Ref | readonly Ref[])[], attributes: Attributes = {}): Ref {
    return this.node(name, inputs, attributes);
  }

  ops(name: string, inputs: readonly (Ref | readonly Ref[])[], attributes: Attributes, outputs: number): Ref[] {
    const { operation } = this.node(name, inputs, attributes);
    return Array.from({ length: outputs }, (_, index) => ({ operation, index }) satisfies GraphRef);
  }

  constant(data: HostData, shape: readonly number[], dtype: DType): Ref {
    const key = data.length <= SMALL ? `${dtype}[${shape.join()}]${data.join()}` : undefined;
    const known = key === undefined ? undefined : this.constants.get(key);
    if (known) return known;
    const { c } = this.runtime.library;
    const tensor = this.runtime.hostTensor(data, shape, dtype);
    const made = this.node('Const', [], { dtype: type(dtype) }, (description) =>
      this.runtime.call('a constant', (status) => c.TF_SetAttrTensor(description, 'value', tensor, status)),
    );
    c.TF_DeleteTensor(tensor);
    if (key !== undefined) this.constants.set(key, made);
    return made;
  }

  fused(
    name: string,
    inputs: readonly Operand[],
    body: (refs: readonly Ref[], emit: Emitter) => readonly Ref[],
  ): readonly Ref[] {
    if (!this.fuses)
      return body(
        inputs.map(({ ref }) => ref),
        this,
      );
    const { c } = this.runtime.library;
    const signature = `facewright_${name}_${inputs.map(({ shape, dtype }) => [dtype, ...shape].join('x')).join('_')}`;
    let known = fusedFunctions(this.runtime).get(signature);
    if (!known) {
      const builder = new GraphBuilder(this.runtime, false);
      const entries = inputs.map(({ dtype, shape }) => builder.placeholder(dtype, shape));
      const results = body(entries, builder);
      known = { made: builder.finish(signature, entries, results), outputs: results.length };
      fusedFunctions(this.runtime).set(signature, known);
    }
    this.runtime.call(signature, (status) => c.TF_GraphCopyFunction(this.graph, known.made, null, status));
    return this.ops(
      signature,
      inputs.map(({ ref }) => ref),
      { _XlaMustCompile: bool(true) },
      known.outputs,
    );
  }

  /** `ref` unchanged, but not before `control` is available. */
  after(ref: Ref, control: Ref): Ref {
    return this.node('Identity', [ref], {}, (description) =>
      this.runtime.library.c.TF_AddControlInput(description, (control as GraphRef).operation),
    );
  }

  /**
   * Turns the graph into a function of that name in the context and returns the `TF_Function`, which the caller owns.
   * The builder cannot be used again.
   */
  finish(name: string, inputs: readonly Ref[], results: readonly Ref[]): Pointer {
    const { c } = this.runtime.library;
    // a result may be an input or another result, so each gets a separate node
    const outputs = results.map((ref) => this.op('Identity', [ref]));
    const made = this.runtime.call(`the function ${name}`, (status) =>
      c.TF_GraphToFunction(
        this.graph,
        name,
        0,
        -1,
        null,
        inputs.length,
        packed(inputs),
        outputs.length,
        packed(outputs),
        null,
        null,
        null,
        status,
      ),
    ) as Pointer;
    this.runtime.call(`the function ${name}`, (status) => c.TFE_ContextAddFunction(this.runtime.context, made, status));
    c.TF_DeleteGraph(this.graph);
    return made;
  }

  private node(
    name: string,
    inputs: readonly (Ref | readonly Ref[])[],
    attributes: Attributes,
    more?: (description: Pointer) => void,
  ): GraphRef {
    const { c } = this.runtime.library;
    const description = c.TF_NewOperation(this.graph, name, `n${this.count++}`) as Pointer;
    for (const input of inputs) {
      if (Array.isArray(input)) c.TF_AddInputList(description, packed(input as GraphRef[]), input.length);
      else c.TF_AddInput(description, input);
    }
    setAttributes(c, 'TF_', description, attributes);
    more?.(description);
    return { operation: this.runtime.call(name, (status) => c.TF_FinishOperation(description, status)), index: 0 };
  }
}

/** An array of `TF_Output` in memory: a pointer, an int, four bytes of padding. */
const packed = (refs: readonly Ref[]): BigUint64Array =>
  BigUint64Array.from((refs as GraphRef[]).flatMap(({ operation, index }) => [operation, BigInt(index)]));
