/** A compiled step with its state on the GPU: captured and compiled once for each signature of shapes. */
import { capture, simplify, type Graph, type TensorSpec } from '@facewright/capture';
import {
  hostTensor,
  type CompileOptions,
  type Executable,
  type HostTensors,
  type StepFunction,
} from '@facewright/core';
import { compileProgram, type Program } from './program.js';
import { DeviceState } from './state.js';

/** Told after each compilation. */
export type OnCompiled = (step: string, seconds: number, dispatches: number) => void;

type Specs = Readonly<Record<string, TensorSpec>>;
const specsOf = (values: HostTensors): Specs =>
  Object.fromEntries(Object.entries(values).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
/** The caller may go on writing into its arrays. */
const copies = (values: HostTensors): HostTensors =>
  Object.fromEntries(Object.entries(values).map(([name, { shape, data }]) => [name, hostTensor(shape, data.slice())]));

export class CompiledExecutable implements Executable {
  private readonly programs = new Map<string, Program>();
  private readonly specs: Specs;
  private readonly state: DeviceState;
  private readonly name: string;
  private readonly inputsStay: boolean;
  /** What was asked for is sent to the GPU in its order; it keeps it. */
  private last: Promise<unknown> = Promise.resolve();
  private disposed = false;

  constructor(
    private readonly device: GPUDevice,
    private readonly step: StepFunction,
    { name = 'step', state = {}, inputsStay = false }: CompileOptions,
    private readonly onCompiled: OnCompiled,
  ) {
    this.name = name;
    this.inputsStay = inputsStay;
    this.specs = specsOf(state);
    this.state = new DeviceState(device, copies(state));
  }

  async run(inputs: HostTensors): Promise<HostTensors> {
    const own = this.inputsStay ? inputs : copies(inputs);
    const started = await this.inTurn(async () => ({ results: (await this.programFor(specsOf(own))).start(own) }));
    return started.results.download();
  }

  /** The graph of the step for these shapes. */
  graphFor(inputs: Specs): Graph {
    return simplify(capture(this.step, { state: this.specs, inputs }, { name: this.name }));
  }

  readState(names: readonly string[] = Object.keys(this.specs)): Promise<HostTensors> {
    return this.inTurn(() => {
      names.forEach((name) => this.known(name));
      return this.state.read(names);
    });
  }

  async writeState(values: HostTensors): Promise<void> {
    const own = copies(values);
    await this.inTurn(async () => {
      for (const [name, { shape, dtype }] of Object.entries(own)) {
        const known = this.known(name);
        if (shape.join() !== known.shape.join() || dtype !== known.dtype)
          throw new RangeError(
            `the state "${name}" is ${known.dtype} [${known.shape.join(', ')}], got ${dtype} [${shape.join(', ')}]`,
          );
      }
      this.state.write(own);
    });
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    void this.last.finally(() => {
      for (const program of this.programs.values()) program.dispose();
      this.programs.clear();
      this.state.dispose();
    });
  }

  private known(name: string): TensorSpec {
    const spec = this.specs[name];
    if (!spec) throw new Error(`"${this.name}" has no state "${name}"`);
    return spec;
  }

  private async programFor(inputs: Specs): Promise<Program> {
    const key = JSON.stringify(inputs);
    const known = this.programs.get(key);
    if (known) return known;
    const start = performance.now();
    const program = await compileProgram(this.device, this.graphFor(inputs), this.state.buffers);
    this.programs.set(key, program);
    this.onCompiled(this.name, (performance.now() - start) / 1000, program.dispatches.length);
    return program;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(() => {
      if (this.disposed) throw new Error(`the executable "${this.name}" is disposed`);
      return work();
    });
    this.last = turn.catch(() => undefined);
    return turn;
  }
}
