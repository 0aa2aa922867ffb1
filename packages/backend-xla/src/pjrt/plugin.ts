/** A PJRT plugin in the process: its function table, errors and events. */
import { FacewrightError, messageOf } from '@facewright/core';
import { promisify } from 'node:util';
import { FUNCTIONS, OLDEST_MINOR, TABLE, type FunctionName } from './abi.js';
import { loadKoffi, type Koffi } from '@facewright/native-libraries';
import { Struct, type Pointer } from './struct.js';

/** XLA's own message, with its status code (absl::StatusCode). */
export class PjrtError extends Error {
  override readonly name = 'PjrtError';

  constructor(
    readonly call: string,
    message: string,
    readonly code: number,
  ) {
    super(message);
  }
}

type CFunction = ((args: Pointer) => Pointer | null) & {
  async(args: Pointer, done: (error: unknown, result: Pointer | null) => void): void;
};

const RTLD_NOW = 0x2;
const RTLD_NODELETE = 0x1000;

const loaded = new Map<string, Promise<Plugin>>();

/**
 * Loads the library once per process, after the libraries it needs. They are never unloaded, because their threads
 * outlive every client. Throws a `FacewrightError` if it is not a PJRT plugin, or too old.
 */
export function loadPlugin(path: string, libraries: readonly string[] = []): Promise<Plugin> {
  let plugin = loaded.get(path);
  if (!plugin) {
    plugin = open(path, libraries);
    loaded.set(path, plugin);
    plugin.catch(() => loaded.delete(path));
  }
  return plugin;
}

async function open(path: string, libraries: readonly string[]): Promise<Plugin> {
  // read when the library starts: hides startup messages; errors are still printed
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  const koffi = await loadKoffi();
  let api: Pointer;
  try {
    const libc = koffi.load('libc.so.6');
    const dlopen = libc.func('void *dlopen(const char *path, int flags)');
    const dlerror = libc.func('const char *dlerror()');
    for (const library of [...libraries, path])
      if (!dlopen(library, RTLD_NOW | RTLD_NODELETE)) throw new Error(dlerror() as string);
    api = koffi.load(path).func('void *GetPjrtApi()')() as Pointer;
  } catch (cause) {
    throw new FacewrightError({
      what: `Cannot load the PJRT plugin: ${messageOf(cause).split('\n')[0]}.`,
      where: path,
      todo: 'Give the path of a PJRT plugin\'s library (xla_cuda_plugin.so, pjrt_c_api_cpu_plugin.so, …), or run "facewright setup xla".',
      cause,
    });
  }
  return new Plugin(koffi, path, api);
}

export class Plugin {
  /** Version of the C API, as [major, minor]. */
  readonly version: readonly [number, number];
  private readonly functions = new Map<FunctionName, CFunction>();

  constructor(
    readonly koffi: Koffi,
    readonly path: string,
    api: Pointer,
  ) {
    const word = (at: number): Pointer => BigInt(koffi.decode(api, at, 'uint64_t') as number | bigint);
    const [major, minor] = koffi.decode(api, TABLE.version, koffi.array('int32_t', 2)) as Int32Array;
    this.version = [major, minor];
    if (major !== 0 || minor < OLDEST_MINOR)
      throw new FacewrightError({
        what: `The PJRT plugin uses version ${major}.${minor} of the C API, but 0.${OLDEST_MINOR} or a newer 0.x is needed.`,
        where: path,
        todo: 'Use a newer plugin: "facewright setup xla" downloads one.',
      });
    const size = Number(word(TABLE.size));
    const call = koffi.proto('void *', ['void *']);
    for (const [name, [index]] of Object.entries(FUNCTIONS)) {
      const at = TABLE.functions + 8 * index;
      // a function newer than the plugin is not in its table
      if (at + 8 <= size && word(at)) this.functions.set(name as FunctionName, koffi.decode(word(at), call));
    }
    this.call('Plugin_Initialize');
  }

  has(name: FunctionName): boolean {
    return this.functions.has(name);
  }

  /** An argument struct for the function, with its size filled in. */
  args(name: FunctionName): Struct {
    const [, bytes] = FUNCTIONS[name];
    return new Struct(this.koffi, bytes).word(0, bytes);
  }

  /** Calls a function on this thread; `fill` writes its arguments. Throws a `PjrtError`. */
  call(name: FunctionName, fill: (args: Struct) => unknown = () => {}): Struct {
    const args = this.args(name);
    fill(args);
    this.check(name, this.function(name)(args.address));
    return args;
  }

  /** Calls a function on one of Node's worker threads. */
  async callAsync(name: FunctionName, fill: (args: Struct) => unknown): Promise<Struct> {
    const args = this.args(name);
    fill(args);
    const error = await promisify(this.function(name).async)(args.address);
    this.check(name, error);
    return args; // it has to live until here
  }

  /**
   * Waits for an event and destroys it. The main thread stays free; if the event is not ready yet, this occupies one of
   * Node's worker threads.
   */
  async event(event: Pointer): Promise<void> {
    const of = (args: Struct): Struct => args.pointer(16, event);
    try {
      if (this.call('Event_IsReady', of).getBool(24)) this.call('Event_Error', of);
      else await this.callAsync('Event_Await', of);
    } finally {
      this.forget(event);
    }
  }

  /**
   * Waits for all of them one after another, because each wait may occupy one of Node's few worker threads. Throws the
   * first error.
   */
  async events(events: readonly Pointer[]): Promise<void> {
    const failed: unknown[] = [];
    for (const event of events) await this.event(event).catch((error: unknown) => failed.push(error));
    if (failed.length) throw failed[0];
  }

  /** Destroys an event that nobody waits for. */
  forget(event: Pointer): void {
    if (event) this.call('Event_Destroy', (args) => args.pointer(16, event));
  }

  private function(name: FunctionName): CFunction {
    const found = this.functions.get(name);
    if (!found)
      throw new FacewrightError({
        what: `The PJRT plugin (C API ${this.version.join('.')}) has no PJRT_${name}.`,
        where: this.path,
        todo: 'Use a newer plugin: "facewright setup xla" downloads one.',
      });
    return found;
  }

  private check(name: FunctionName, error: Pointer | null): void {
    if (!error) return;
    const of = (args: Struct): Struct => args.pointer(16, error);
    const [message, code] = [of(this.args('Error_Message')), of(this.args('Error_GetCode'))];
    this.function('Error_Message')(message.address);
    this.function('Error_GetCode')(code.address);
    const text = message.getText(24);
    this.function('Error_Destroy')(of(this.args('Error_Destroy')).address);
    throw new PjrtError(name, text, code.getInt32(24));
  }
}
