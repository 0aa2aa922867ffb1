/** A step on the GPU, whose programs are bound to the buffers with its state. */
import type { Compiled, CompileRequest, Runner } from '@facewright/compiled-engine';
import type { HostTensors } from '@facewright/core';
import { compileProgram, type Program } from './program.js';
import { DeviceState } from './state.js';

export class WebgpuRunner implements Runner<Program> {
  private readonly state: DeviceState;

  constructor(
    private readonly device: GPUDevice,
    state: HostTensors = {},
  ) {
    this.state = new DeviceState(device, state);
  }

  async compile({ capture }: CompileRequest): Promise<Compiled<Program>> {
    const program = await compileProgram(this.device, capture(), this.state.buffers);
    return { program, nodes: program.dispatches.length };
  }

  /** Submitted work stays in order on the GPU, so the next call may start before the results are available. */
  async start(program: Program, inputs: HostTensors): Promise<() => Promise<HostTensors>> {
    const started = program.start(inputs);
    return () => started.download();
  }

  read(names: readonly string[]): Promise<HostTensors> {
    return this.state.read(names);
  }

  async write(values: HostTensors): Promise<void> {
    this.state.write(values);
  }

  releaseProgram(program: Program): void {
    program.dispose();
  }

  dispose(): void {
    this.state.dispose();
  }
}
