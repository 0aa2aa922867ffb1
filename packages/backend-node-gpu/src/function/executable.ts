/** A step as TensorFlow functions, one for each signature of shapes, with its state in TensorFlow's tensors: one call a step. */
import type { TensorSpec } from '@facewright/capture';
import {
  hostTensor,
  type CompileOptions,
  type Executable,
  type HostTensor,
  type HostTensors,
  type StepFunction,
} from '@facewright/core';
import type { Pointer, Runtime } from '../runtime/runtime.js';
import { buildFunction, type BuiltFunction, type Compilation } from './build.js';
import { executeFunction } from './execute.js';

type Specs = Readonly<Record<string, TensorSpec>>;

/** Told after each compilation. */
export type OnCompiled = (step: string, seconds: number, nodes: number) => void;

export class FunctionExecutable implements Executable {
  private readonly functions = new Map<string, BuiltFunction>();
  private readonly state = new Map<string, Pointer>();
  /** Shapes and dtypes of the state, which never change. */
  private readonly specs: Specs;
  private readonly name: string;
  /** Calls wait for each other: each starts from the state that the one before it left. */
  private last: Promise<unknown> = Promise.resolve();
  private disposed = false;

  constructor(
    private readonly runtime: Runtime,
    private readonly step: StepFunction,
    { name = 'step', state = {} }: CompileOptions,
    private readonly compilation: Compilation & { readonly jit: boolean },
    private readonly onCompiled: OnCompiled,
  ) {
    this.name = name;
    this.specs = Object.fromEntries(
      Object.entries(state).map(([entry, { shape, dtype }]) => [entry, { shape, dtype }]),
    );
    for (const [entry, value] of Object.entries(state)) this.state.set(entry, this.upload(value));
  }

  run(inputs: HostTensors): Promise<HostTensors> {
    // at once: afterwards the arrays may be the caller's next batch
    const specs: Specs = Object.fromEntries(
      Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
    );
    const given = new Map(Object.entries(inputs).map(([name, value]) => [name, this.upload(value)]));
    return this.inTurn(() => this.call(specs, given)).finally(() =>
      given.forEach((handle) => this.runtime.release(handle)),
    );
  }

  readState(names: readonly string[] = Object.keys(this.specs)): Promise<HostTensors> {
    return this.inTurn(async () =>
      Object.fromEntries(names.map((entry) => [entry, this.download(this.existing(entry))])),
    );
  }

  async writeState(values: HostTensors): Promise<void> {
    for (const [entry, { shape, dtype }] of Object.entries(values)) {
      if (!this.specs[entry]) throw new Error(`"${this.name}" has no state "${entry}"`);
      const known = this.specs[entry];
      if (shape.join() !== known.shape.join() || dtype !== known.dtype)
        throw new RangeError(
          `the state "${entry}" is ${known.dtype} [${known.shape.join(', ')}], got ${dtype} [${shape.join(', ')}]`,
        );
    }
    const given = Object.entries(values).map(([entry, value]) => [entry, this.upload(value)] as const);
    await this.inTurn(async () => given.forEach(([entry, handle]) => this.replace(entry, handle)));
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    // a call that is under way ends first
    void this.last.finally(() => {
      const { c } = this.runtime.library;
      for (const handle of this.state.values()) this.runtime.release(handle);
      this.state.clear();
      for (const { name } of this.functions.values())
        this.runtime.call(name, (status) => c.TFE_ContextRemoveFunction(this.runtime.context, name, status));
      this.functions.clear();
    });
  }

  private async call(specs: Specs, given: ReadonlyMap<string, Pointer>): Promise<HostTensors> {
    const built = this.functionFor(specs);
    const entries = [
      ...built.state.map((entry) => this.existing(entry)),
      ...built.inputs.map((name) => given.get(name)!),
    ];
    const results = await executeFunction(
      this.runtime,
      built.name,
      entries,
      built.newState.length + built.outputs.length,
      this.compilation.jit,
    );
    built.newState.forEach((entry, index) => this.replace(entry, results[index]));
    const outputs = results.slice(built.newState.length);
    try {
      return Object.fromEntries(built.outputs.map((name, index) => [name, this.download(outputs[index])]));
    } finally {
      for (const handle of outputs) this.runtime.release(handle);
    }
  }

  private functionFor(specs: Specs): BuiltFunction {
    const key = JSON.stringify(specs);
    let built = this.functions.get(key);
    if (!built) {
      const start = performance.now();
      built = buildFunction(this.runtime, this.step, this.name, this.specs, specs, this.compilation);
      this.functions.set(key, built);
      this.onCompiled(this.name, (performance.now() - start) / 1000, built.nodes);
    }
    return built;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(() => {
      if (this.disposed) throw new Error(`the executable "${this.name}" is disposed`);
      return work();
    });
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private existing(entry: string): Pointer {
    const handle = this.state.get(entry);
    if (handle === undefined) throw new Error(`"${this.name}" has no state "${entry}"`);
    return handle;
  }

  private replace(entry: string, handle: Pointer): void {
    this.runtime.release(this.existing(entry));
    this.state.set(entry, handle);
  }

  private upload({ data, shape, dtype }: HostTensor): Pointer {
    return this.runtime.upload(data, shape, dtype);
  }

  private download(handle: Pointer): HostTensor {
    const data = this.runtime.download(handle);
    return hostTensor(this.runtime.shape(handle), data instanceof Uint8Array ? Int32Array.from(data) : data);
  }
}
