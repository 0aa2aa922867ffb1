/** An emitter that runs nothing: every op becomes a node of a TensorFlow graph, and the graph a function. */
import type { Emitter, Ref } from '../lowering/lowering.js';
import { setAttributes, type, type Attributes } from '../runtime/attributes.js';
import type { DType, HostData } from '../runtime/dtypes.js';
import type { Pointer, Runtime } from '../runtime/runtime.js';

/** An output of a node, as the C API's `TF_Output`. */
interface GraphRef {
  readonly operation: Pointer;
  readonly index: number;
}

const SMALL = 64;

export class GraphBuilder implements Emitter {
  readonly gpu: boolean;
  private readonly graph: Pointer;
  private readonly constants = new Map<string, GraphRef>();
  private count = 0;

  constructor(private readonly runtime: Runtime) {
    this.gpu = runtime.gpu !== undefined;
    this.graph = runtime.library.c.TF_NewGraph();
  }

  get nodes(): number {
    return this.count;
  }

  placeholder(dtype: DType, shape: readonly number[]): Ref {
    const { c } = this.runtime.library;
    return this.node('Placeholder', [], { dtype: type(dtype) }, (description) => c.TF_SetAttrShape(description, 'shape', BigInt64Array.from(shape, BigInt), shape.length));
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
    const made = this.node('Const', [], { dtype: type(dtype) }, (description) => this.runtime.call('a constant', (status) => c.TF_SetAttrTensor(description, 'value', tensor, status)));
    c.TF_DeleteTensor(tensor);
    if (key !== undefined) this.constants.set(key, made);
    return made;
  }

  /** `ref` unchanged, but not before `control` is there. */
  after(ref: Ref, control: Ref): Ref {
    return this.node('Identity', [ref], {}, (description) => this.runtime.library.c.TF_AddControlInput(description, (control as GraphRef).operation));
  }

  /** Makes the graph a function of that name in the context; the builder is used up. */
  finish(name: string, inputs: readonly Ref[], results: readonly Ref[]): void {
    const { c } = this.runtime.library;
    // a result may be an input, or another result: each gets a node of its own
    const outputs = results.map((ref) => this.op('Identity', [ref]));
    const made = this.runtime.call(`the function ${name}`, (status) =>
      c.TF_GraphToFunction(this.graph, name, 0, -1, null, inputs.length, packed(inputs), outputs.length, packed(outputs), null, null, null, status),
    ) as Pointer;
    this.runtime.call(`the function ${name}`, (status) => c.TFE_ContextAddFunction(this.runtime.context, made, status));
    c.TF_DeleteFunction(made);
    this.dispose();
  }

  dispose(): void {
    this.runtime.library.c.TF_DeleteGraph(this.graph);
  }

  private node(name: string, inputs: readonly (Ref | readonly Ref[])[], attributes: Attributes, more?: (description: Pointer) => void): GraphRef {
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

/** An array of `TF_Output` as it lies in memory: a pointer, an int, four bytes of padding. */
const packed = (refs: readonly Ref[]): BigUint64Array => BigUint64Array.from((refs as GraphRef[]).flatMap(({ operation, index }) => [operation, BigInt(index)]));
