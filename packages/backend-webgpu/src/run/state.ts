/** The state of an executable on the device. */
import { hostTensor, type HostTensor, type HostTensors } from '@facewright/core';

export class DeviceState {
  readonly buffers: ReadonlyMap<string, GPUBuffer>;

  constructor(
    private readonly device: GPUDevice,
    private readonly first: HostTensors,
  ) {
    this.buffers = new Map(
      Object.entries(first).map(([name, { data }]) => {
        const buffer = device.createBuffer({
          size: Math.max(4, data.byteLength),
          usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
        });
        if (data.length) device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
        return [name, buffer];
      }),
    );
  }

  write(values: HostTensors): void {
    for (const [name, { data }] of Object.entries(values))
      this.device.queue.writeBuffer(this.buffers.get(name)!, 0, data as Float32Array<ArrayBuffer>);
  }

  /** Its value after everything submitted so far. */
  async read(names: readonly string[]): Promise<HostTensors> {
    const entries = names.map((name) => ({ name, like: this.first[name] }));
    const total = entries.reduce((sum, { like }) => sum + like.data.byteLength, 0);
    if (total === 0) return Object.fromEntries(entries.map(({ name, like }) => [name, like]));
    const staging = this.device.createBuffer({ size: total, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = this.device.createCommandEncoder();
    let offset = 0;
    for (const { name, like } of entries) {
      if (like.data.byteLength)
        encoder.copyBufferToBuffer(this.buffers.get(name)!, 0, staging, offset, like.data.byteLength);
      offset += like.data.byteLength;
    }
    this.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const bytes = staging.getMappedRange().slice(0);
    staging.destroy();
    offset = 0;
    return Object.fromEntries(
      entries.map(({ name, like }) => {
        const part = bytes.slice(offset, offset + like.data.byteLength);
        offset += part.byteLength;
        return [
          name,
          hostTensor(like.shape, like.dtype === 'float32' ? new Float32Array(part) : new Int32Array(part)),
        ] satisfies [string, HostTensor];
      }),
    );
  }

  dispose(): void {
    for (const buffer of this.buffers.values()) buffer.destroy();
  }
}
