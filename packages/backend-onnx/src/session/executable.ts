/** A compiled step with its state, which stays in onnxruntime's tensors between calls: each call reads one set and writes the other. */
import type { Graph, TensorSpec } from '@facewright/capture';
import {
  FacewrightError,
  hostTensor,
  releaseArray,
  type CompileOptions,
  type Executable,
  type HostTensor,
  type HostTensors,
  type StepFunction,
} from '@facewright/core';
import { HIDING_INPUT } from '../lowering/context.js';
import { entryOf, gather, newStateName, type StateTensor } from '../lowering/packing.js';
import type { Specs } from '../lowering/any-size.js';
import { compileStep, type Compiled, type CompileTarget } from './compile.js';
import type { Tensor } from './runtime.js';

/** Told after each compilation. */
export type OnCompiled = (compiled: Compiled, seconds: number) => void;

interface StateSlot {
  readonly tensor: StateTensor;
  current: Tensor;
  /** Where the next call writes; the former state. */
  spare?: Tensor;
}

export class OnnxExecutable implements Executable {
  private readonly compiled = new Map<string, Promise<Compiled>>();
  private readonly graphs = new Map<string, Graph>();
  /** The state before the first call, and for steps that never change it. */
  private hostState: HostTensors;
  private slots?: StateSlot[];
  /** The last call's, with `outputsGo`. */
  private readonly outputs: Float32Array[] = [];
  private disposed = false;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly target: CompileTarget,
    private readonly step: StepFunction,
    private readonly options: CompileOptions,
    private readonly onCompiled: OnCompiled,
  ) {
    this.hostState = copies(options.state ?? {});
  }

  /** Calls wait for each other: each one needs the state that the one before it leaves. */
  run(inputs: HostTensors): Promise<HostTensors> {
    const own = this.options.inputsStay ? inputs : copies(inputs);
    const result = this.last.then(() => this.runNext(own));
    this.last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  private async runNext(inputs: HostTensors): Promise<HostTensors> {
    const compiled = await this.compiledFor(inputs);
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
      // what was written where it was told to be comes back as a copy, too
      if (slot.spare && valuesOf(made).buffer !== valuesOf(slot.spare).buffer) releaseArray(valuesOf(made));
      [slot.current, slot.spare] = [slot.spare ?? made, slot.current];
    }
    const outputs: Record<string, HostTensor> = {};
    for (const { name, tensor } of compiled.outputs) {
      outputs[name] = hostOf(results[tensor]);
      if (this.options.outputsGo) this.outputs.push(valuesOf(results[tensor]));
    }
    return outputs;
  }

  async readState(names: readonly string[] = Object.keys(this.hostState)): Promise<HostTensors> {
    return Object.fromEntries(names.map((name) => [name, this.readEntry(name)]));
  }

  async writeState(state: HostTensors): Promise<void> {
    for (const name of Object.keys(state)) this.known(name);
    if (!this.slots?.length) {
      this.hostState = { ...this.hostState, ...copies(state) };
      // a state that never changes is part of the model
      await this.forget();
      return;
    }
    for (const [name, value] of Object.entries(state)) {
      const found = this.entry(name);
      if (found.length !== value.data.length)
        throw new RangeError(`the state "${name}" has ${found.length} numbers, got ${value.data.length}`);
      (found.slot.current.data as Float32Array).set(value.data, found.offset);
    }
  }

  dispose(): void {
    this.disposed = true;
    void this.forget();
    this.slots = undefined;
    this.hostState = {};
  }

  private known(name: string): HostTensor {
    const value = this.hostState[name];
    if (!value) throw new Error(`there is no state "${name}"`);
    return value;
  }

  private readEntry(name: string): HostTensor {
    const first = this.known(name);
    if (!this.slots?.length) return hostTensor(first.shape, first.data.slice());
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

  /** The state's tensors, made at the first call. Every signature of a step has the same state, so they share it. */
  private slotsFor({ model }: Compiled): readonly StateSlot[] {
    const { packing } = model;
    if (!packing) return [];
    this.slots ??= packing.tensors.map((tensor) => ({
      tensor,
      current: this.tensorOf(copied(gather(tensor, this.hostState))),
    }));
    return this.slots;
  }

  private compiledFor(inputs: HostTensors): Promise<Compiled> {
    if (this.disposed) throw new Error(`the step "${this.options.name ?? ''}" was disposed of`);
    const open = `any size: ${signatureOf(inputs, this.options.dynamicAxes)}`;
    const anySize = this.compiled.get(open);
    if (anySize) return anySize;
    const exact = signatureOf(inputs);
    const known = this.compiled.get(exact);
    if (known) return known;
    const specs: Specs = Object.fromEntries(
      Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype } satisfies TensorSpec]),
    );
    const compiling = this.compile(specs).then((compiled) => {
      if (compiled.anySize) this.compiled.set(open, compiling);
      return compiled;
    });
    this.compiled.set(exact, compiling);
    compiling.catch(() => this.compiled.delete(exact));
    return compiling;
  }

  private async compile(specs: Specs): Promise<Compiled> {
    const start = performance.now();
    const compiled = await compileStep(this.target, this.step, this.hostState, specs, this.options, this.graphs);
    this.onCompiled(compiled, (performance.now() - start) / 1000);
    return compiled;
  }

  private async forget(): Promise<void> {
    const compiling = new Set(this.compiled.values());
    this.compiled.clear(); // at once: what is forgotten again meanwhile must not be released twice
    await this.last;
    const sessions = await Promise.allSettled(compiling);
    for (const session of new Set(
      sessions.flatMap((result) => (result.status === 'fulfilled' ? [result.value.session] : [])),
    ))
      await session.release();
  }

  private tensorOf({ dtype, data, shape }: HostTensor): Tensor {
    return new this.target.runtime.Tensor(dtype, data as Float32Array, shape);
  }
}

const valuesOf = ({ data }: Tensor): Float32Array => data as Float32Array;
const copied = (value: HostTensor): HostTensor => hostTensor(value.shape, value.data.slice());
/** The caller may go on writing into its arrays. */
const copies = (values: HostTensors): HostTensors =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, copied(value)]));

/** Names, types and shapes, the length of open axes left out. */
function signatureOf(inputs: HostTensors, openAxes: CompileOptions['dynamicAxes'] = {}): string {
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

function hostOf({ data, dims, type }: Tensor): HostTensor {
  if (type !== 'float32' && type !== 'int32')
    throw new FacewrightError({ what: `An output of dtype ${type} cannot be given back.` });
  return hostTensor(dims, data as Float32Array | Int32Array);
}
