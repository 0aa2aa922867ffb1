/** The runner of this engine: state on the devices, and programs that reuse the old state's memory. */
import type { Compiled, CompileRequest, Runner } from '@facewright/compiled-engine';
import type { HostTensors, InputTensors } from '@facewright/core';
import { compileGraph, explained, type Compilation, type CompiledStep } from './compile.js';
import type { DeviceGroup, DeviceTensor, Sent } from './device.js';
import { shardingOfInput, shardingOfState } from './sharding.js';

export class XlaRunner implements Runner<CompiledStep> {
  private readonly state: Map<string, DeviceTensor>;
  /** Inputs of the next call that are already on the devices, or on their way. */
  private readonly sent = new Map<InputTensors[string], Sent>();

  constructor(
    private readonly group: DeviceGroup,
    state: HostTensors,
    private readonly compilation: Compilation,
  ) {
    this.state = new Map(Object.entries(state).map(([name, value]) => [name, this.uploadState(value)]));
  }

  async compile({ capture }: CompileRequest): Promise<Compiled<CompiledStep>> {
    const graph = capture();
    return { program: await compileGraph(this.group, graph, this.compilation), nodes: graph.nodes.length };
  }

  /** The program runs on XLA's threads, so the next call may start once this one is submitted. */
  async start({ program, lowered }: CompiledStep, inputs: InputTensors): Promise<() => Promise<HostTensors>> {
    const { group } = this;
    const given = lowered.inputs.map((name) => this.take(inputs[name]));
    try {
      const entries = [...lowered.state.map((name) => this.state.get(name)!), ...given];
      const { outputs, finished } = program.execute(
        Array.from({ length: group.count }, (_, device) => entries.map(({ buffers }) => buffers[device])),
      );
      const made = lowered.results.map((spec, i): DeviceTensor => ({
        ...spec,
        buffers: outputs.map((list) => list[i]),
      }));
      // the program has taken over the old state's memory, but the handles must still be freed
      lowered.newState.forEach((name, i) => this.replace(name, made[i]));
      const answer = group.track(
        this.results(lowered.outputs, made.slice(lowered.newState.length), finished, lowered.name),
      );
      return () => answer;
    } catch (error) {
      throw explained(error, lowered.name, group);
    } finally {
      group.free(...given);
    }
  }

  send(inputs: InputTensors): void {
    this.dropSent();
    for (const tensor of Object.values(inputs)) this.sent.set(tensor, this.copied(tensor));
  }

  async read(names: readonly string[]): Promise<HostTensors> {
    const values = await this.group.download(names.map((name) => this.state.get(name)!));
    return Object.fromEntries(names.map((name, i) => [name, values[i]]));
  }

  async write(values: HostTensors): Promise<void> {
    for (const [name, value] of Object.entries(values)) this.replace(name, this.uploadState(value));
  }

  releaseProgram({ program }: CompiledStep): void {
    program.free();
  }

  dispose(): void {
    this.dropSent();
    this.group.free(...this.state.values());
    this.state.clear();
  }

  private take(tensor: InputTensors[string]): Sent {
    const known = this.sent.get(tensor);
    this.sent.delete(tensor);
    return known ?? this.copied(tensor);
  }

  private copied(tensor: InputTensors[string]): Sent {
    return this.group.send(tensor, shardingOfInput(tensor, this.group.count));
  }

  private dropSent(): void {
    this.group.free(...this.sent.values());
    this.sent.clear();
  }

  private async results(
    names: readonly string[],
    outputs: readonly DeviceTensor[],
    finished: () => Promise<void>,
    step: string,
  ): Promise<HostTensors> {
    try {
      const values = await this.group.download(outputs);
      return Object.fromEntries(names.map((name, i) => [name, values[i]]));
    } catch (error) {
      throw explained(error, step, this.group);
    } finally {
      this.group.free(...outputs);
      await finished().catch((error: unknown) => {
        throw explained(error, step, this.group);
      });
    }
  }

  private uploadState(value: HostTensors[string]): DeviceTensor {
    return this.group.upload(value, shardingOfState(value, this.group.count, this.compilation.largestWhole));
  }

  private replace(name: string, tensor: DeviceTensor): void {
    this.group.free(this.state.get(name)!);
    this.state.set(name, tensor);
  }
}
