/** The devices of an engine, presented as one: tensors are sent to all of them and come back whole. */
import type { HostTensor } from '@facewright/core';
import { sizeOf } from '../hlo/value.js';
import type { ElementType } from '../pjrt/abi.js';
import type { Client, DeviceBuffer } from '../pjrt/client.js';
import type { CompileSettings } from '../pjrt/options.js';
import type { Program } from '../pjrt/program.js';
import { joined, localShape, partOf, type Sharding } from './sharding.js';

/** A tensor on the devices: one buffer on each. */
export interface DeviceTensor {
  readonly shape: readonly number[];
  readonly dtype: HostTensor['dtype'];
  readonly sharding: Sharding;
  readonly buffers: readonly DeviceBuffer[];
}

const ELEMENTS: Readonly<Record<HostTensor['dtype'], ElementType>> = { float32: 'f32', int32: 'i32' };
/** An array with its own buffer, which a device may write into. */
const empty = (dtype: HostTensor['dtype'], length: number): HostTensor['data'] =>
  dtype === 'int32' ? new Int32Array(length) : new Float32Array(length);

export class DeviceGroup {
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(
    readonly client: Client,
    /** How many of the client's devices are used. */
    readonly count: number,
    /** The platform whose compiler programs are written for. */
    readonly platform = client.platform,
  ) {}

  compile(text: string, settings: CompileSettings = {}): Promise<Program> {
    return this.client.compile(text, { ...settings, partitions: this.count });
  }

  /** Copies the values before it returns. */
  upload(tensor: HostTensor, sharding: Sharding): DeviceTensor {
    const { shape, dtype } = tensor;
    const local = localShape(shape, sharding, this.count);
    const buffers = Array.from({ length: this.count }, (_, device) =>
      this.client.upload(
        partOf(tensor, sharding, device, this.count),
        ELEMENTS[dtype],
        local,
        this.client.devices[device],
      ),
    );
    return { shape, dtype, sharding, buffers };
  }

  /** In the order given. */
  async download(tensors: readonly DeviceTensor[]): Promise<HostTensor[]> {
    const parts = tensors.map(({ shape, dtype, sharding, buffers }) => {
      const length = sizeOf(localShape(shape, sharding, this.count));
      // if every device has the whole tensor, read it from the first one
      return (sharding === undefined ? buffers.slice(0, 1) : buffers).map((buffer) => ({
        buffer,
        into: empty(dtype, length),
      }));
    });
    await this.client.download(parts.flat());
    return tensors.map(({ shape, dtype, sharding }, i) => ({
      shape,
      dtype,
      data: joined(
        parts[i].map(({ into }) => into),
        shape,
        sharding,
      ),
    }));
  }

  /** The same promise, which `settled` also waits for. Errors are left to its receiver. */
  track<T>(work: Promise<T>): Promise<T> {
    const settled: Promise<unknown> = work.then(
      () => this.underWay.delete(settled),
      () => this.underWay.delete(settled),
    );
    this.underWay.add(settled);
    return work;
  }

  async settled(): Promise<void> {
    await Promise.all(this.underWay);
  }

  free(...tensors: readonly DeviceTensor[]): void {
    for (const { buffers } of tensors) this.client.free(...buffers);
  }
}
