/** The few functions that make an engine: a graph compiler and a runtime that refers to its tensors by handles. */
import { canonical, decompose, type Graph, type NamedValue, type TensorSpec } from '@facewright/capture';
import type { HostTensor, HostTensors } from '@facewright/core';
import type { Compiled, CompileRequest, Runner } from './runner.js';
import { specsOf, type Specs } from './values.js';

export interface Results<Handle> {
  /**
   * In the order of the graph's `newState` and `outputs`. Each has its own handle, even if a value is passed through.
   */
  readonly newState: readonly Handle[];
  readonly outputs: readonly Handle[];
}

export interface Target<Program, Handle> {
  /**
   * Ops that `compile` supports; others are decomposed into these where possible. Default: all, so nothing is
   * decomposed.
   */
  readonly ops?: { has(op: string): boolean };
  /** The graph is in canonical form. Throws a `Gap` for an unsupported op. */
  compile(graph: Graph): Program | Promise<Program>;
  /** Called with handles in the order of the graph's `state` and `inputs`. Must not release them. */
  execute(
    program: Program,
    state: readonly Handle[],
    inputs: readonly Handle[],
  ): Results<Handle> | Promise<Results<Handle>>;
  /** Copies the values to the device immediately, because the array may be reused for the caller's next batch. */
  upload(value: HostTensor): Handle;
  /** A copy of the values, with bool as int32. Waits until they are computed. */
  download(handle: Handle, spec: TensorSpec): HostTensor | Promise<HostTensor>;
  release(handle: Handle): void;
  releaseProgram?(program: Program): void;
  /** Number of nodes in the program, for the event `engine.compiled`. */
  nodesOf?(program: Program): number;
}

interface HeldProgram<Program> {
  readonly program: Program;
  readonly graph: Graph;
}

/** Keeps one handle per state entry. */
export class HandleRunner<Program, Handle> implements Runner<HeldProgram<Program>> {
  private readonly state = new Map<string, Handle>();
  private readonly specs: Specs;

  constructor(
    private readonly target: Target<Program, Handle>,
    state: HostTensors,
  ) {
    this.specs = specsOf(state);
    for (const [name, value] of Object.entries(state)) this.state.set(name, target.upload(value));
  }

  async compile({ capture }: CompileRequest): Promise<Compiled<HeldProgram<Program>>> {
    const { ops } = this.target;
    const graph = ops ? decompose(capture(), ops) : canonical(capture());
    const program = await this.target.compile(graph);
    return { program: { program, graph }, nodes: this.target.nodesOf?.(program) ?? graph.nodes.length };
  }

  async start({ program, graph }: HeldProgram<Program>, inputs: HostTensors): Promise<() => Promise<HostTensors>> {
    const { target } = this;
    const given = graph.inputs.map(({ name }) => target.upload(inputs[name]));
    try {
      const state = graph.state.map(({ name }) => this.state.get(name)!);
      const results = await target.execute(program, state, given);
      graph.newState.forEach(({ name }, i) => this.replace(name, results.newState[i]));
      return () => this.download(graph.outputs, results.outputs);
    } finally {
      given.forEach((handle) => target.release(handle));
    }
  }

  async read(names: readonly string[]): Promise<HostTensors> {
    const values: Record<string, HostTensor> = {};
    for (const name of names) values[name] = await this.target.download(this.state.get(name)!, this.specs[name]);
    return values;
  }

  async write(values: HostTensors): Promise<void> {
    for (const [name, value] of Object.entries(values)) this.replace(name, this.target.upload(value));
  }

  releaseProgram({ program }: HeldProgram<Program>): void {
    this.target.releaseProgram?.(program);
  }

  dispose(): void {
    for (const handle of this.state.values()) this.target.release(handle);
    this.state.clear();
  }

  private replace(name: string, handle: Handle): void {
    this.target.release(this.state.get(name)!);
    this.state.set(name, handle);
  }

  private async download(outputs: readonly NamedValue[], handles: readonly Handle[]): Promise<HostTensors> {
    try {
      const values: Record<string, HostTensor> = {};
      for (const [i, { name, value }] of outputs.entries())
        values[name] = await this.target.download(handles[i], value);
      return values;
    } finally {
      handles.forEach((handle) => this.target.release(handle));
    }
  }
}
