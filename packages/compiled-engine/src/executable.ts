/**
 * A compiled step: calls run one at a time, each input signature is compiled once, and what cannot be lowered runs op
 * by op from the same state, if the engine supports that.
 */
import { capture, isGap, simplify, type Graph } from '@facewright/capture';
import type { CompileOptions, Executable, HostTensors, InputTensors, StepFunction } from '@facewright/core';
import type { Compiled, Runner } from './runner.js';
import { copies, requireEntries, requireSpecs, signatureOf, specsOf, type InputSpecs, type Specs } from './values.js';

export interface ExecutableHooks {
  /** The engine's compilation method, e.g. `wgsl`. */
  readonly lowering: string;
  /** Called after each compilation. */
  compiled?(step: string, seconds: number, nodes: number | undefined): void;
  /** Opens the step on the op-by-op engine; missing if there is none. */
  eager?(state: HostTensors): Executable;
  /** Called once, with what has no lowering. */
  fellBack?(step: string, missing: string): void;
  /** Called when everything is released. */
  released?(): void;
}

type Results = () => HostTensors | Promise<HostTensors>;

export class CompiledExecutable<Program> implements Executable {
  private readonly programs = new Map<string, Compiled<Program>>();
  private readonly graphs = new Map<string, Graph>();
  private readonly name: string;
  private readonly specs: Specs;
  /** Takes over if something has no lowering. */
  private eager?: Executable;
  private last: Promise<unknown> = Promise.resolve();
  private disposal?: Promise<void>;
  private usedLowering?: string;

  constructor(
    private readonly runner: Runner<Program>,
    private readonly step: StepFunction,
    private readonly options: CompileOptions,
    private readonly hooks: ExecutableHooks,
  ) {
    this.name = options.name ?? 'step';
    this.specs = specsOf(options.state ?? {});
  }

  /** How the step runs; known after the first call. */
  get lowering(): string | undefined {
    return this.usedLowering;
  }

  async run(inputs: InputTensors): Promise<HostTensors> {
    const own = this.options.inputsStay ? inputs : copies(inputs);
    const started = await this.inTurn(async () => ({ results: await this.start(own) }));
    return started.results();
  }

  /** Only for callers that leave the arrays of a call unchanged: the others get copies, which are other tensors. */
  send(inputs: InputTensors): void {
    const { runner, options } = this;
    if (!runner.send || !options.inputsStay || this.disposal) return;
    // one that fails, such as for lack of memory, is sent again with its call, which reports the error
    this.inTurn(async () => this.eager ?? runner.send!(inputs)).catch(() => undefined);
  }

  async readState(names: readonly string[] = Object.keys(this.specs)): Promise<HostTensors> {
    requireEntries(this.specs, names, this.name);
    return this.inTurn(() => (this.eager ? this.eager.readState(names) : this.runner.read(names)));
  }

  async writeState(values: HostTensors): Promise<void> {
    requireSpecs(this.specs, values, this.name);
    const own = copies(values);
    await this.inTurn(async () => {
      if (this.eager) await this.eager.writeState(own);
      else if ((await this.runner.write(own)) === 'stale') await this.releasePrograms();
    });
  }

  /** Returns immediately; calls in progress finish first. */
  dispose(): void {
    void this.disposed();
  }

  /** Resolves when everything is released. */
  disposed(): Promise<void> {
    this.disposal ??= this.last.then(async () => {
      if (this.eager) this.eager.dispose();
      else await this.releaseAll();
      this.hooks.released?.();
    });
    return this.disposal;
  }

  private async start(inputs: InputTensors): Promise<Results> {
    if (!this.eager) {
      try {
        return await this.runner.start((await this.compiledFor(inputs)).program, inputs);
      } catch (error) {
        if (!isGap(error) || !this.hooks.eager) throw error;
        await this.fallBack(this.hooks.eager, error.missing);
      }
    }
    const outputs = await this.eager!.run(inputs);
    return () => outputs;
  }

  private async compiledFor(inputs: InputTensors): Promise<Compiled<Program>> {
    const exact = signatureOf(inputs);
    const { dynamicAxes } = this.options;
    const open = dynamicAxes && `any size: ${signatureOf(inputs, dynamicAxes)}`;
    const known = this.programs.get(exact) ?? (open === undefined ? undefined : this.programs.get(open));
    if (known) return known;
    const start = performance.now();
    const specs = specsOf(inputs);
    const compiled = await this.runner.compile({ inputs: specs, capture: (other = specs) => this.captured(other) });
    this.programs.set(compiled.anySize ? open! : exact, compiled);
    this.usedLowering = compiled.lowering ?? this.hooks.lowering;
    this.hooks.compiled?.(this.name, (performance.now() - start) / 1000, compiled.nodes);
    return compiled;
  }

  /** No value of the state is in a graph, so it is valid for every state. */
  private captured(inputs: InputSpecs): Graph {
    const key = JSON.stringify(inputs);
    const graph =
      this.graphs.get(key) ?? simplify(capture(this.step, { state: this.specs, inputs }, { name: this.name }));
    this.graphs.set(key, graph);
    return graph;
  }

  private async fallBack(open: NonNullable<ExecutableHooks['eager']>, missing: string): Promise<void> {
    this.eager = open(await this.runner.read(Object.keys(this.specs)));
    this.usedLowering = 'eager';
    await this.releaseAll();
    this.hooks.fellBack?.(this.name, missing);
  }

  private async releasePrograms(): Promise<void> {
    const programs = [...this.programs.values()];
    this.programs.clear();
    for (const { program } of programs) await this.runner.releaseProgram(program);
  }

  private async releaseAll(): Promise<void> {
    await this.releasePrograms();
    this.graphs.clear();
    await this.runner.dispose();
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.disposal) return Promise.reject(new Error(`the executable "${this.name}" has been disposed`));
    const turn = this.last.then(work);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}
