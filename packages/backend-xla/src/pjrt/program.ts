/** A compiled program on the devices it was compiled for. */
import { EXECUTE_OPTIONS_BYTES } from './abi.js';
import type { DeviceBuffer } from './client.js';
import type { Plugin } from './plugin.js';
import { pointers, Struct, type Pointer } from './struct.js';

/** For one device, in bytes. */
export interface ProgramMemory {
  readonly arguments: number;
  readonly outputs: number;
  /** Bytes of the arguments that outputs overwrite. */
  readonly aliased: number;
  readonly scratch: number;
}

export class Program {
  private readonly executable: Pointer;
  private readonly results: number;
  private freed = false;

  constructor(
    private readonly plugin: Plugin,
    private readonly handle: Pointer,
    readonly devices: number,
  ) {
    this.executable = plugin.call('LoadedExecutable_GetExecutable', (args) => args.pointer(16, handle)).getWord(24);
    this.results = plugin.call('Executable_NumOutputs', this.own).getNumber(24);
  }

  /**
   * Starts the program with `inputs[device][argument]`. The outputs, `[device][result]`, may be used at once. Call
   * `finished` exactly once; it settles when all devices are done, and rejects with XLA's error if one failed.
   */
  execute(inputs: readonly (readonly DeviceBuffer[])[]): { outputs: DeviceBuffer[][]; finished: () => Promise<void> } {
    const { koffi } = this.plugin;
    const outputs = inputs.map(() => new Struct(koffi, 8 * this.results));
    const events = new Struct(koffi, 8 * inputs.length);
    const options = new Struct(koffi, EXECUTE_OPTIONS_BYTES).word(0, EXECUTE_OPTIONS_BYTES);
    this.plugin.call('LoadedExecutable_Execute', (args) =>
      args
        .pointer(16, this.handle)
        .pointer(24, options)
        .pointer(
          32,
          pointers(
            koffi,
            inputs.map((list) => pointers(koffi, list)),
          ),
        )
        .word(40, inputs.length)
        .word(48, inputs[0].length)
        .pointer(56, pointers(koffi, outputs))
        .pointer(64, events),
    );
    return {
      outputs: outputs.map((list) => Array.from({ length: this.results }, (_, i) => list.getWord(8 * i))),
      finished: () => this.plugin.events(inputs.map((_, i) => events.getWord(8 * i))),
    };
  }

  memory(): ProgramMemory {
    const stats = this.plugin.call('Executable_GetCompiledMemoryStats', this.own);
    return {
      arguments: stats.getNumber(32),
      outputs: stats.getNumber(40),
      aliased: stats.getNumber(48),
      scratch: stats.getNumber(56),
    };
  }

  free(): void {
    if (this.freed) return;
    this.freed = true;
    this.plugin.call('Executable_Destroy', this.own);
    this.plugin.call('LoadedExecutable_Destroy', (args) => args.pointer(16, this.handle));
  }

  private readonly own = (args: Struct): Struct => args.pointer(16, this.executable);
}
