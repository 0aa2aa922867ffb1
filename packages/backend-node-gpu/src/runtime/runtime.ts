/** TensorFlow in this process: its context, devices and tensors. Handles are pointers to `TFE_TensorHandle`. */
import { createHash } from 'node:crypto';
import type { Library } from '../library/load.js';
import { encodeConfig, type ContextOptions } from './config.js';
import { BYTES, dtypeOf, hostData, TF_TYPES, type DType, type HostData } from './dtypes.js';

/** A pointer. */
export type Pointer = bigint;

export interface Device {
  readonly name: string;
  readonly type: string;
}

export class Runtime {
  /** Identifies the options it was created with. */
  readonly id: string;
  readonly devices: readonly Device[];
  /** The GPU used for all computation, if there is one. */
  readonly gpu?: Device;
  readonly context: Pointer;
  /** The encoded options; a function's own optimiser takes them with each call. */
  readonly config: Uint8Array;
  private readonly status: Pointer;

  constructor(
    readonly library: Library,
    options: ContextOptions,
  ) {
    const { c } = library;
    this.status = c.TF_NewStatus();
    const config = encodeConfig(options);
    this.config = config;
    this.id = createHash('sha1').update(config).digest('hex').slice(0, 8);
    const contextOptions = c.TFE_NewContextOptions();
    this.call('the options', (status) => c.TFE_ContextOptionsSetConfig(contextOptions, config, config.length, status));
    this.context = this.call('a context', (status) => c.TFE_NewContext(contextOptions, status));
    c.TFE_DeleteContextOptions(contextOptions);
    this.devices = this.listDevices();
    this.gpu = this.devices.find(({ type }) => type === 'GPU');
  }

  /** Calls a function that reports through a status, and throws what it reports. */
  call<T>(what: string, work: (status: Pointer) => T): T {
    const result = work(this.status);
    if (this.library.c.TF_GetCode(this.status) !== 0)
      throw new Error(`${what}: ${this.library.c.TF_Message(this.status)}`);
    return result;
  }

  /** A `TF_Tensor` with a copy of the values. */
  hostTensor(data: HostData, shape: readonly number[], dtype: DType): Pointer {
    const { c, memcpy } = this.library;
    const tensor = c.TF_AllocateTensor(
      TF_TYPES[dtype],
      BigInt64Array.from(shape, BigInt),
      shape.length,
      data.byteLength,
    ) as Pointer;
    if (data.byteLength) memcpy(c.TF_TensorData(tensor), data, data.byteLength);
    return tensor;
  }

  /** A handle to a copy of the values, on the GPU if `toDevice` is set and there is one. */
  upload(data: HostData, shape: readonly number[], dtype: DType, toDevice = true): Pointer {
    const { c } = this.library;
    const tensor = this.hostTensor(data, shape, dtype);
    const handle = this.call('a tensor', (status) => c.TFE_NewTensorHandle(tensor, status)) as Pointer;
    c.TF_DeleteTensor(tensor);
    if (!this.gpu || !toDevice || dtype !== 'float32') return handle;
    try {
      return this.call('a tensor on the GPU', (status) =>
        c.TFE_TensorHandleCopyToDevice(handle, this.context, this.gpu!.name, status),
      );
    } finally {
      c.TFE_DeleteTensorHandle(handle);
    }
  }

  /** A copy of the values. Waits until they are computed. */
  download(handle: Pointer): HostData {
    const { c, memcpy } = this.library;
    const tensor = this.call('reading a tensor', (status) => c.TFE_TensorHandleResolve(handle, status)) as Pointer;
    const dtype = this.dtype(handle);
    const bytes = Number(c.TF_TensorByteSize(tensor));
    const data = hostData(dtype, bytes / BYTES[dtype]);
    if (bytes) memcpy(data, c.TF_TensorData(tensor), bytes);
    c.TF_DeleteTensor(tensor);
    return data;
  }

  dtype(handle: Pointer): DType {
    return dtypeOf(this.library.c.TFE_TensorHandleDataType(handle));
  }

  shape(handle: Pointer): number[] {
    const { c } = this.library;
    const rank = this.call('a shape', (status) => c.TFE_TensorHandleNumDims(handle, status)) as number;
    return Array.from({ length: rank }, (_, axis) =>
      Number(this.call('a shape', (status) => c.TFE_TensorHandleDim(handle, axis, status))),
    );
  }

  release(handle: Pointer): void {
    this.library.c.TFE_DeleteTensorHandle(handle);
  }

  private listDevices(): Device[] {
    const { c } = this.library;
    const list = this.call('the devices', (status) => c.TFE_ContextListDevices(this.context, status));
    const devices = Array.from({ length: c.TF_DeviceListCount(list) as number }, (_, index) => ({
      name: this.call('a device', (status) => c.TF_DeviceListName(list, index, status)) as string,
      type: this.call('a device', (status) => c.TF_DeviceListType(list, index, status)) as string,
    }));
    c.TF_DeleteDeviceList(list);
    return devices;
  }
}
