/** The devices of an engine, presented as one: tensors are sent to all of them and come back whole. */
import type { ByteTensor, HostTensor } from '@facewright/core';
import { sizeOf } from '../hlo/value.js';
import type { ElementType } from '../pjrt/abi.js';
import type { Client, DeviceBuffer } from '../pjrt/client.js';
import type { CompileSettings } from '../pjrt/options.js';
import type { Program } from '../pjrt/program.js';
import { joined, localShape, partOf, type Sharding } from './sharding.js';

/** An input on the devices: one buffer on each. */
export interface Sent {
  readonly buffers: readonly DeviceBuffer[];
}

/** A tensor on the devices. */
export interface DeviceTensor extends Sent {
  readonly shape: readonly number[];
  readonly dtype: HostTensor['dtype'];
  readonly sharding: Sharding;
}

const ELEMENTS: Readonly<Record<(HostTensor | ByteTensor)['dtype'], ElementType>> = {
  float32: 'f32',
  int32: 'i32',
  uint8: 'ui8',
};
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
    return { shape, dtype, sharding, ...this.send(tensor, sharding) };
  }

  /** The same for what is never read back. */
  send(tensor: HostTensor | ByteTensor, sharding: Sharding): Sent {
    const local = localShape(tensor.shape, sharding, this.count);
    const buffers = this.client.devices
      .slice(0, this.count)
      .map((device, i) =>
        this.client.upload(partOf(tensor, sharding, i, this.count), ELEMENTS[tensor.dtype], local, device),
      );
    return { buffers };
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

  free(...tensors: readonly Sent[]): void {
    for (const { buffers } of tensors) this.client.free(...buffers);
  }
}
