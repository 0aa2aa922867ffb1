/** A step as programs, one for each signature of shapes, with its state on the devices: one call a step, which takes the former state's memory over. */
import { type CompileOptions, type Executable, type HostTensors, type StepFunction } from '@facewright/core';
import { compileStep, explained, type Compilation, type Compiled, type Specs } from './compile.js';
import type { DeviceGroup, DeviceTensor } from './device.js';
import { shardingOfInput } from './sharding.js';

/** What an executable tells. */
export interface Listeners {
  onCompiled(step: string, seconds: number, nodes: number): void;
  onClosed(): void;
}

type Tensors = Map<string, DeviceTensor>;

const specsOf = (values: HostTensors): Specs =>
  Object.fromEntries(Object.entries(values).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));

export class XlaExecutable implements Executable {
  private readonly programs = new Map<string, Promise<Compiled>>();
  private readonly state: Tensors;
  /** Shapes and dtypes of the state, which never change. */
  private readonly specs: Specs;
  private readonly name: string;
  /** Calls wait for each other's start: each starts from the state that the one before it leaves. */
  private last: Promise<unknown> = Promise.resolve();
  /** Calls whose outputs are still on their way. */
  private readonly running = new Set<Promise<unknown>>();
  private closing: Promise<void> | undefined;

  constructor(
    private readonly group: DeviceGroup,
    private readonly step: StepFunction,
    { name = 'step', state = {} }: CompileOptions,
    private readonly compilation: Compilation,
    private readonly listeners: Listeners,
  ) {
    this.name = name;
    this.specs = specsOf(state);
    this.state = this.upload(state, () => undefined);
  }

  run(inputs: HostTensors): Promise<HostTensors> {
    // copied at once: afterwards the arrays may be the caller's next batch
    const given = this.upload(inputs, (tensor) => shardingOfInput(tensor, this.group.count));
    const specs = specsOf(inputs);
    const started = this.inTurn(() => this.start(specs, given)).finally(() => this.group.free(...given.values()));
    const answer = started.then(async ({ outputs, finished }) => {
      try {
        const values = await this.group.download([...outputs.values()]);
        return Object.fromEntries([...outputs.keys()].map((name, i) => [name, values[i]]));
      } finally {
        this.group.free(...outputs.values());
        await finished();
      }
    });
    const explainedAnswer = answer.catch((error: unknown) => {
      throw explained(error, this.name, this.group);
    });
    this.track(explainedAnswer);
    return explainedAnswer;
  }

  readState(names: readonly string[] = Object.keys(this.specs)): Promise<HostTensors> {
    return this.inTurn(async () => {
      const values = await this.group.download(names.map((name) => this.existing(name)));
      return Object.fromEntries(names.map((name, i) => [name, values[i]]));
    });
  }

  async writeState(values: HostTensors): Promise<void> {
    for (const [name, { shape, dtype }] of Object.entries(values)) {
      const known = this.specs[name];
      if (!known) throw new Error(`"${this.name}" has no state "${name}"`);
      if (shape.join() !== known.shape.join() || dtype !== known.dtype)
        throw new RangeError(
          `the state "${name}" is ${known.dtype} [${known.shape.join(', ')}], got ${dtype} [${shape.join(', ')}]`,
        );
    }
    const given = this.upload(values, () => undefined);
    await this.inTurn(async () => given.forEach((tensor, name) => this.replace(name, tensor)));
  }

  dispose(): void {
    void this.close();
  }

  /** Ends when all that is under way has ended and everything is freed. */
  close(): Promise<void> {
    this.closing ??= (async () => {
      await this.last;
      await Promise.allSettled(this.running);
      this.group.free(...this.state.values());
      this.state.clear();
      for (const compiled of this.programs.values())
        await compiled.then(
          ({ program }) => program.free(),
          () => {},
        );
      this.programs.clear();
      this.listeners.onClosed();
    })();
    return this.closing;
  }

  private async start(specs: Specs, given: Tensors): Promise<{ outputs: Tensors; finished: () => Promise<void> }> {
    const { program, lowered } = await this.programFor(specs);
    const arguments_ = [
      ...lowered.state.map((name) => this.existing(name)),
      ...lowered.inputs.map((name) => given.get(name)!),
    ];
    const { outputs, finished } = program.execute(
      Array.from({ length: this.group.count }, (_, device) => arguments_.map(({ buffers }) => buffers[device])),
    );
    const made = lowered.results.map(({ shape, dtype, sharding }, i): DeviceTensor => ({
      shape,
      dtype,
      sharding,
      buffers: outputs.map((list) => list[i]),
    }));
    // the program has taken the former state's memory over; the handles are freed all the same
    lowered.newState.forEach((name, i) => this.replace(name, made[i]));
    const results = made.slice(lowered.newState.length);
    return { outputs: new Map(lowered.outputs.map((name, i) => [name, results[i]])), finished };
  }

  private programFor(inputs: Specs): Promise<Compiled> {
    const key = JSON.stringify(inputs);
    let compiled = this.programs.get(key);
    if (!compiled) {
      const start = performance.now();
      compiled = compileStep(this.group, this.step, this.name, this.specs, inputs, this.compilation).then((made) => {
        this.listeners.onCompiled(this.name, (performance.now() - start) / 1000, made.lowered.nodes);
        return made;
      });
      this.programs.set(key, compiled);
      compiled.catch(() => this.programs.delete(key));
    }
    return compiled;
  }

  private upload(values: HostTensors, shardingOf: (tensor: HostTensors[string]) => number | undefined): Tensors {
    return new Map(
      Object.entries(values).map(([name, tensor]) => [name, this.group.upload(tensor, shardingOf(tensor))]),
    );
  }

  private existing(name: string): DeviceTensor {
    const tensor = this.state.get(name);
    if (!tensor) throw new Error(`"${this.name}" has no state "${name}"`);
    return tensor;
  }

  private replace(name: string, tensor: DeviceTensor): void {
    this.group.free(this.existing(name));
    this.state.set(name, tensor);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(() => {
      if (this.closing) throw new Error(`the executable "${this.name}" is disposed`);
      return work();
    });
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private track(call: Promise<unknown>): void {
    const settled = call.catch(() => undefined);
    this.running.add(settled);
    void settled.then(() => this.running.delete(settled));
  }
}
