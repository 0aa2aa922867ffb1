/** Keeps a step's state in onnxruntime tensors between calls: each call reads one set and writes the other. */
import type { Compiled as BaseCompiled, CompileRequest, Runner } from '@facewright/compiled-engine';
import {
  FacewrightError,
  hostTensor,
  releaseArray,
  type CompileOptions,
  type HostTensor,
  type HostTensors,
} from '@facewright/core';
import { HIDING_INPUT } from '../lowering/context.js';
import { entryOf, gather, newStateName, type StateTensor } from '../lowering/packing.js';
import { compileStep, type Compiled, type CompileTarget } from './compile.js';
import type { Tensor } from './runtime.js';

interface StateSlot {
  readonly tensor: StateTensor;
  current: Tensor;
  /** Where the next call writes; the previous state. */
  spare?: Tensor;
}

export class OnnxRunner implements Runner<Compiled> {
  /** The state before the first call, and for steps that never change it. */
  private hostState: HostTensors;
  private slots?: StateSlot[];
  /** Those of the last call, with `outputsGo`. */
  private readonly outputs: Float32Array[] = [];

  constructor(
    private readonly target: CompileTarget,
    private readonly options: CompileOptions,
  ) {
    this.hostState = Object.fromEntries(
      Object.entries(options.state ?? {}).map(([name, value]) => [name, copied(value)]),
    );
  }

  async compile(request: CompileRequest): Promise<BaseCompiled<Compiled>> {
    const compiled = await compileStep(this.target, request, this.hostState, this.options);
    return {
      program: compiled,
      nodes: compiled.model.nodes,
      anySize: compiled.anySize,
      lowering: compiled.model.blocked ? 'blocked' : 'std',
    };
  }

  async start(compiled: Compiled, inputs: HostTensors): Promise<() => HostTensors> {
    const feeds: Record<string, Tensor> = {};
    for (const { name, tensor } of compiled.inputs) feeds[tensor] = this.tensorOf(inputs[name]);
    if (compiled.session.inputNames.includes(HIDING_INPUT))
      feeds[HIDING_INPUT] = new this.target.runtime.Tensor('int64', BigInt64Array.of(0n), [1]);
    const slots = this.slotsFor(compiled);
    for (const { tensor, current } of slots) feeds[tensor.input] = current;
    const fetches: Record<string, Tensor | null> = {};
    for (const { tensor } of compiled.outputs) fetches[tensor] = null;
    for (const { tensor, spare } of slots) if (tensor.changes) fetches[newStateName(tensor)] = spare ?? null;
    if (this.options.outputsGo) this.outputs.splice(0).forEach(releaseArray);
    const results = await compiled.session.run(feeds, fetches);
    for (const slot of slots) {
      if (!slot.tensor.changes) continue;
      const made = results[newStateName(slot.tensor)];
      // even an output written to preallocated memory comes back as a copy
      if (slot.spare && valuesOf(made).buffer !== valuesOf(slot.spare).buffer) releaseArray(valuesOf(made));
      [slot.current, slot.spare] = [slot.spare ?? made, slot.current];
    }
    const outputs: Record<string, HostTensor> = {};
    for (const { name, tensor } of compiled.outputs) {
      outputs[name] = hostOf(results[tensor]);
      if (this.options.outputsGo) this.outputs.push(valuesOf(results[tensor]));
    }
    return () => outputs;
  }

  async read(names: readonly string[]): Promise<HostTensors> {
    return Object.fromEntries(names.map((name) => [name, this.readEntry(name)]));
  }

  /** A state that never changes is stored in the model. */
  async write(values: HostTensors): Promise<'stale' | void> {
    if (!this.slots?.length) {
      this.hostState = { ...this.hostState, ...values };
      return 'stale';
    }
    for (const [name, { data }] of Object.entries(values)) {
      const { slot, offset } = this.entry(name);
      (slot.current.data as Float32Array).set(data, offset);
    }
  }

  async releaseProgram({ session }: Compiled): Promise<void> {
    await session.release();
  }

  dispose(): void {
    this.slots = undefined;
    this.hostState = {};
  }

  private readEntry(name: string): HostTensor {
    if (!this.slots?.length) return copied(this.hostState[name]);
    const { slot, offset, length, shape } = this.entry(name);
    return hostTensor(shape, (slot.current.data as Float32Array).slice(offset, offset + length));
  }

  private entry(name: string): { slot: StateSlot; offset: number; length: number; shape: readonly number[] } {
    for (const slot of this.slots ?? []) {
      const entry = entryOf(slot.tensor, name);
      if (entry) return { slot, ...entry };
    }
    throw new Error(`there is no state "${name}"`);
  }

  /**
   * The state's tensors, created on the first call. All signatures of a step share them, because they have the same
   * state.
   */
  private slotsFor({ model }: Compiled): readonly StateSlot[] {
    const { packing } = model;
    if (!packing) return [];
    this.slots ??= packing.tensors.map((tensor) => ({
      tensor,
      current: this.tensorOf(copied(gather(tensor, this.hostState))),
    }));
    return this.slots;
  }

  private tensorOf({ dtype, data, shape }: HostTensor): Tensor {
    return new this.target.runtime.Tensor(dtype, data as Float32Array, shape);
  }
}

const valuesOf = ({ data }: Tensor): Float32Array => data as Float32Array;
const copied = (value: HostTensor): HostTensor => hostTensor(value.shape, value.data.slice());

function hostOf({ data, dims, type }: Tensor): HostTensor {
  if (type !== 'float32' && type !== 'int32')
    throw new FacewrightError({ what: `Outputs of dtype ${type} are not supported.` });
  return hostTensor(dims, data as Float32Array | Int32Array);
}
