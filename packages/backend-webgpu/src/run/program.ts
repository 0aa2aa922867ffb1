/**
 * A step for one signature of shapes as a fixed list of dispatches: everything is compiled, allocated and bound before
 * the first call.
 */
import type { Graph } from '@facewright/capture';
import { FacewrightError, hostTensor, type HostTensor, type HostTensors } from '@facewright/core';
import { lower, type Lowered } from '../lowering/lower.js';
import type { KernelContext } from '../program/kernel.js';
import { planMemory } from '../program/memory.js';
import type { Node, Tensor } from '../program/node.js';
import { schedule } from '../program/schedule.js';
import { chooseStorage } from '../program/storage.js';
import { pipelineFor } from './pipelines.js';

interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

export interface Program {
  readonly dispatches: readonly Dispatch[];
  /** Memory of inputs, constants and computed values in bytes, without state. */
  readonly bytes: number;
  /** Records and submits a call; `download` waits for its results. */
  start(inputs: HostTensors): { download(): Promise<HostTensors> };
  dispose(): void;
}

export type StateBuffers = ReadonlyMap<string, GPUBuffer>;

export async function compileProgram(device: GPUDevice, graph: Graph, state: StateBuffers): Promise<Program> {
  const lowered = lower(graph);
  const results = [...lowered.newState.values(), ...lowered.outputs.values()].map(({ node }) => node);
  const storage = chooseStorage(results);
  const { limits } = device;
  const context: KernelContext = {
    isStored: (node) => storage.stored.has(node),
    inPlaceOf: () => undefined,
    limits: {
      buffers: limits.maxStorageBuffersPerShaderStage,
      threads: limits.maxComputeInvocationsPerWorkgroup,
      groups: limits.maxComputeWorkgroupsPerDimension,
    },
  };
  const kernels = schedule(storage, context.limits);
  const memory = planMemory(kernels, lowered, context);
  const placed: KernelContext = { ...context, inPlaceOf: (node) => memory.inPlace.get(node) };
  const sources = kernels.map((kernel) => kernel.build(placed).source);
  checkSizes(graph.name, memory.slots, limits);

  const own: GPUBuffer[] = [];
  const allocate = (bytes: number): GPUBuffer => {
    const buffer = device.createBuffer({
      size: Math.max(16, Math.ceil(bytes / 16) * 16),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    own.push(buffer);
    return buffer;
  };
  device.pushErrorScope('out-of-memory');
  const buffers = new Map<Node, GPUBuffer>();
  for (const [name, node] of lowered.state) buffers.set(node, state.get(name)!);
  for (const node of lowered.inputs.values()) buffers.set(node, allocate(4 * node.size));
  for (const [node, data] of lowered.constants) {
    buffers.set(node, allocate(4 * node.size));
    device.queue.writeBuffer(buffers.get(node)!, 0, data as Float32Array<ArrayBuffer>);
  }
  const slots = memory.slots.map(allocate);
  for (const [node, slot] of memory.slotOf) buffers.set(node, slots[slot]);
  for (const [node, old] of memory.inPlace) buffers.set(node, buffers.get(old)!);
  const exhausted = await device.popErrorScope();
  const bytes = own.reduce((sum, { size }) => sum + size, 0);
  if (exhausted) {
    for (const buffer of own) buffer.destroy();
    throw new FacewrightError({
      what: `The GPU does not have enough memory for the step "${graph.name}", which needs ${Math.ceil(bytes / 1e6)} MB.`,
      todo: 'Use a smaller batch or a narrower model.',
    });
  }
  const pipelines = await Promise.all(sources.map(({ wgsl }) => pipelineFor(device, wgsl)));
  const dispatches = sources.map(({ bindings, workgroups }, i): Dispatch => ({
    pipeline: pipelines[i],
    bindGroup: device.createBindGroup({
      layout: pipelines[i].getBindGroupLayout(0),
      entries: bindings.map(({ node }, binding) => ({
        binding,
        resource: { buffer: buffers.get(node)!, size: 4 * node.size },
      })),
    }),
    workgroups,
  }));
  const copies = [...lowered.newState]
    .filter(([, { node }]) => buffers.get(node) !== undefined && !memory.inPlace.has(node))
    .map(([name, { node }]) => ({ from: buffers.get(node)!, to: state.get(name)!, bytes: 4 * node.size }));
  // one value may be the new value of several entries: only one of them is written in place
  for (const [name, { node }] of lowered.newState) {
    if (memory.inPlace.has(node) && memory.inPlace.get(node) !== lowered.state.get(name))
      copies.push({ from: buffers.get(node)!, to: state.get(name)!, bytes: 4 * node.size });
  }
  return new CompiledProgram(device, lowered, buffers, dispatches, copies, own, bytes);
}

function checkSizes(
  step: string,
  slots: readonly number[],
  { maxBufferSize, maxStorageBufferBindingSize }: GPUSupportedLimits,
): void {
  const largest = slots.reduce((most, bytes) => Math.max(most, bytes), 0);
  const most = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  if (largest > most)
    throw new FacewrightError({
      what: `The step "${step}" has an array of ${Math.ceil(largest / 1e6)} MB, above this GPU's limit of ${Math.floor(most / 1e6)} MB.`,
      todo: 'Use a smaller batch.',
    });
}

interface Copy {
  readonly from: GPUBuffer;
  readonly to: GPUBuffer;
  readonly bytes: number;
}

class CompiledProgram implements Program {
  private readonly results: readonly { readonly name: string; readonly tensor: Tensor; readonly offset: number }[];
  private readonly resultBytes: number;
  /** Already read, and free for the next call. */
  private readonly staging: GPUBuffer[] = [];
  private disposed = false;
  /** The first call checks whether the GPU accepts the commands at all, because errors are not reported otherwise. */
  private checked = false;

  constructor(
    private readonly device: GPUDevice,
    private readonly lowered: Lowered,
    private readonly buffers: ReadonlyMap<Node, GPUBuffer>,
    readonly dispatches: readonly Dispatch[],
    private readonly copies: readonly Copy[],
    private readonly own: readonly GPUBuffer[],
    readonly bytes: number,
  ) {
    let offset = 0;
    this.results = [...lowered.outputs].map(([name, tensor]) => {
      const result = { name, tensor, offset };
      offset += 4 * tensor.node.size;
      return result;
    });
    this.resultBytes = offset;
  }

  start(inputs: HostTensors): { download(): Promise<HostTensors> } {
    const { device } = this;
    for (const [name, node] of this.lowered.inputs)
      device.queue.writeBuffer(this.buffers.get(node)!, 0, inputs[name].data as Float32Array<ArrayBuffer>);
    if (!this.checked) device.pushErrorScope('validation');
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    let current: GPUComputePipeline | undefined;
    for (const { pipeline, bindGroup, workgroups } of this.dispatches) {
      if (pipeline !== current) pass.setPipeline((current = pipeline));
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...workgroups);
    }
    pass.end();
    const staging = this.resultBytes
      ? (this.staging.pop() ??
        device.createBuffer({ size: this.resultBytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST }))
      : undefined;
    for (const { tensor, offset } of this.results)
      encoder.copyBufferToBuffer(this.buffers.get(tensor.node)!, 0, staging!, offset, 4 * tensor.node.size);
    for (const { from, to, bytes } of this.copies) encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
    device.queue.submit([encoder.finish()]);
    const fault = this.checked ? undefined : device.popErrorScope();
    this.checked = true;
    return {
      download: async () => {
        const found = await fault;
        if (found) throw new Error(`the GPU rejected the step: ${found.message}`);
        return this.download(staging);
      },
    };
  }

  private async download(staging: GPUBuffer | undefined): Promise<HostTensors> {
    if (!staging) {
      await this.device.queue.onSubmittedWorkDone();
      return {};
    }
    await staging.mapAsync(GPUMapMode.READ);
    const bytes = staging.getMappedRange().slice(0);
    staging.unmap();
    if (this.disposed) staging.destroy();
    else this.staging.push(staging);
    return Object.fromEntries(this.results.map(({ name, tensor, offset }) => [name, hostOf(tensor, bytes, offset)]));
  }

  dispose(): void {
    this.disposed = true;
    for (const buffer of [...this.own, ...this.staging]) buffer.destroy();
  }
}

function hostOf({ node, shape }: Tensor, bytes: ArrayBuffer, offset: number): HostTensor {
  const end = offset + 4 * node.size;
  return hostTensor(
    shape,
    node.kind === 'f32' ? new Float32Array(bytes.slice(offset, end)) : new Int32Array(bytes.slice(offset, end)),
  );
}
