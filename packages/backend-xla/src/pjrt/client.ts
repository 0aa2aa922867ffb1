/** A client: one plugin's devices, with the programs and buffers on them. */
import { ELEMENT_TYPES, ONLY_DURING_CALL, PROGRAM_BYTES, type ElementType } from './abi.js';
import { namedValues, type NamedValues } from './named-values.js';
import { encodeCompileOptions, type CompileSettings } from './options.js';
import type { Plugin } from './plugin.js';
import { Program } from './program.js';
import { Struct, type Pointer } from './struct.js';

/** Memory on a device. It must be freed even if a program has taken it over. */
export type DeviceBuffer = Pointer;

/** For one device, in bytes. */
export interface DeviceMemory {
  readonly used: number;
  readonly peak?: number;
  readonly limit?: number;
}

export class Client {
  /** E.g. `cpu`, `cuda`, `rocm`, `tpu`. */
  readonly platform: string;
  readonly platformVersion: string;
  readonly devices: readonly Pointer[];
  private readonly handle: Pointer;
  private closed = false;

  constructor(
    readonly plugin: Plugin,
    options: NamedValues = {},
  ) {
    const { koffi } = plugin;
    const named = namedValues(koffi, options);
    this.handle = plugin
      .call('Client_Create', (args) => args.pointer(16, named).word(24, Object.keys(options).length))
      .getWord(64);
    this.platform = plugin.call('Client_PlatformName', this.own).getText(24);
    this.platformVersion = plugin.call('Client_PlatformVersion', this.own).getText(24);
    const devices = plugin.call('Client_AddressableDevices', this.own);
    const list = devices.getWord(24);
    this.devices = Array.from({ length: devices.getNumber(32) }, (_, i) =>
      BigInt(koffi.decode(list, 8 * i, 'uint64_t') as number | bigint),
    );
  }

  /** The vendor's name of a device, e.g. "NVIDIA H100 80GB HBM3". */
  kindOf(device: Pointer): string {
    const description = this.plugin.call('Device_GetDescription', (args) => args.pointer(16, device)).getWord(24);
    return this.plugin.call('DeviceDescription_Kind', (args) => args.pointer(16, description)).getText(24);
  }

  /** Undefined if the plugin does not report it (a CPU). */
  memoryOf(device: Pointer): DeviceMemory | undefined {
    try {
      const stats = this.plugin.call('Device_MemoryStats', (args) => args.pointer(16, device));
      const optional = (at: number): number | undefined => (stats.getBool(at + 8) ? stats.getNumber(at) : undefined);
      return { used: stats.getNumber(24), peak: optional(32), limit: optional(80) };
    } catch {
      return undefined;
    }
  }

  /** Compiles StableHLO text off the main thread. */
  async compile(code: string, settings: CompileSettings = {}): Promise<Program> {
    const options = encodeCompileOptions(settings);
    const program = mlir(this.plugin, code);
    const compiled = await this.plugin.callAsync('Client_Compile', (args) =>
      args.pointer(16, this.handle).pointer(24, program).pointer(32, options).word(40, options.length),
    );
    return new Program(this.plugin, compiled.getWord(48), settings.partitions ?? 1);
  }

  /** Copies `data` during the call. The buffer may be used at once, before the copy has arrived. */
  upload(data: ArrayBufferView, type: ElementType, shape: readonly number[], device = this.devices[0]): DeviceBuffer {
    const dims = BigInt64Array.from(shape, BigInt);
    const args = this.plugin.call('Client_BufferFromHostBuffer', (args) =>
      args
        .pointer(16, this.handle)
        .pointer(24, data)
        .int32(32, ELEMENT_TYPES[type])
        .pointer(40, dims)
        .word(48, shape.length)
        .int32(72, ONLY_DURING_CALL)
        .pointer(80, device),
    );
    this.plugin.forget(args.getWord(104));
    return args.getWord(112);
  }

  /** Copies buffers into arrays of their sizes once they are computed. */
  download(wanted: readonly { readonly buffer: DeviceBuffer; readonly into: ArrayBufferView }[]): Promise<void> {
    const started = wanted.map(({ buffer, into }) =>
      this.plugin.call('Buffer_ToHostBuffer', (args) =>
        args.pointer(16, buffer).pointer(32, into).word(40, into.byteLength),
      ),
    );
    // the structs keep the arrays alive until everything is copied
    return this.plugin.events(started.map((args) => args.getWord(48))).finally(() => started.length);
  }

  free(...buffers: readonly DeviceBuffer[]): void {
    for (const buffer of buffers) this.plugin.call('Buffer_Destroy', (args) => args.pointer(16, buffer));
  }

  /** Free all buffers and programs first. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.plugin.call('Client_Destroy', this.own);
  }

  private readonly own = (args: Struct): Struct => args.pointer(16, this.handle);
}

/** PJRT_Program. */
export const mlir = ({ koffi }: Plugin, code: string): Struct =>
  new Struct(koffi, PROGRAM_BYTES).word(0, PROGRAM_BYTES).text(16, code).text(32, 'mlir');
