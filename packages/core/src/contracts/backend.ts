/**
 * Compute. A backend is probed and opened; its engine compiles pure functions; an executable runs one and holds its
 * state.
 */
import type { ByteTensor, HostTensor, HostTensors, InputTensors, State } from '../values/tensors.js';

/** Answers “does this work here?” for `doctor` and for choosing an engine. */
export interface Availability {
  readonly usable: boolean;
  /** The device or library found, e.g. "wasm SIMD, 1 thread". */
  readonly device?: string;
  /** It runs on the kind of GPU it is made for. `auto` prefers such engines. */
  readonly accelerated?: boolean;
  /** The device is emulated in software: it works, but slowly, and is used only if requested by name. */
  readonly emulated?: boolean;
  /** Not usable although a device that it is made for is here: something else is missing. */
  readonly deviceFound?: boolean;
  /** Why it cannot be used. */
  readonly reason?: string;
  /** The command or step that fixes it. */
  readonly remedy?: string;
}

/**
 * What callers need to choose an engine without knowing it by name. Depends only on the backend's options, so it is
 * known before opening.
 */
export interface BackendTraits {
  /**
   * Training speed. `slow`: op by op on one thread, seconds per step for a full network. `processor`: compiled for the
   * CPU. `accelerator`: a GPU or similar.
   */
  readonly speed: 'slow' | 'processor' | 'accelerator';
  /**
   * Whether many worker threads can each open an engine. If so, the options to override there, such as
   * `{ threads: 1 }`.
   */
  readonly workers: false | Readonly<Record<string, unknown>>;
  /** The fastest image layout. `planes`: channels first, as in ONNX. `interleaved`: channels last, as in tfjs. */
  readonly layout: 'planes' | 'interleaved';
  /**
   * The cost of a new input size. `fixed`: seconds of compilation, so detection in photos of many sizes should use
   * another engine. `any` (default): little.
   */
  readonly sizes?: 'any' | 'fixed';
}

/** Used for a backend that declares no traits. */
export const ASSUMED_TRAITS: BackendTraits = { speed: 'accelerator', workers: {}, layout: 'interleaved' };

export interface Backend {
  /** Default: `ASSUMED_TRAITS`. */
  readonly traits?: BackendTraits;
  /** Cheap. Never throws, and loads nothing heavy that it does not need. */
  probe(): Promise<Availability>;
  open(): Promise<Engine>;
}

/**
 * A function over tensors without side effects. The returned `state` holds the changed entries under the same names;
 * omitted entries are unchanged. Reading a value inside the function (`dataSync`, `await data()`) is an error.
 */
export type StepFunction = (state: State, inputs: State) => { readonly state?: State; readonly outputs: State };

export interface CompileOptions {
  /** Shown during compilation and in errors. */
  readonly name?: string;
  /** Initial state, written to the device once. */
  readonly state?: HostTensors;
  /** Input axes whose size varies from call to call (`{ image: [1, 2] }`). An engine may compile once for all sizes. */
  readonly dynamicAxes?: Readonly<Record<string, readonly number[]>>;
  /** The caller leaves a call's arrays unchanged until it returns, so the engine need not copy them first. */
  readonly inputsStay?: boolean;
  /**
   * The caller is done with a call's outputs when it makes the next call. The engine may then reuse their memory and
   * leave the arrays empty.
   */
  readonly outputsGo?: boolean;
  /**
   * Memory of the process that the caller takes beside the step in the long run, in bytes, such as copies of the state. An
   * engine that keeps the process within a limit leaves room for it.
   */
  readonly hostBytes?: number;
}

/** Device memory that a step needs for its state, inputs, results and intermediate values. */
export interface StepMemory {
  /** Per device, in bytes. */
  readonly bytes: number;
  /** Memory available to a program, if the device reports it. */
  readonly limitBytes?: number;
}

/** Shapes and dtypes of a step's arguments. */
export interface StepSignature {
  readonly name?: string;
  readonly state: Readonly<Record<string, Pick<HostTensor, 'shape' | 'dtype'>>>;
  readonly inputs: Readonly<Record<string, Pick<HostTensor | ByteTensor, 'shape' | 'dtype'>>>;
}

/** How training adapts its loss scale; see `Engine.lossScaling`. */
export interface LossScaling {
  /** Initial scale, a power of two. */
  readonly initial: number;
  /** Consecutive updates without overflow after which the scale doubles. */
  readonly growAfter: number;
}

export interface Engine {
  /** The backend's name, e.g. `wasm`. */
  readonly name: string;
  /** The device in words. */
  readonly device: string;
  /** As in `BackendTraits`; default: `interleaved`. */
  readonly layout?: BackendTraits['layout'];
  /**
   * Whether calls may pass bytes (`ByteTensor`). Training then sends images as bytes, and the step scales and mirrors
   * them. Missing: they are sent as floats.
   */
  readonly bytes?: boolean;
  /**
   * Set if gradients are computed in float16, which has a small range. Training must then scale its loss and adapt the
   * scale.
   */
  readonly lossScaling?: LossScaling;
  /** Eager engines run `step` directly; compiling engines capture it once per signature of shapes. */
  compile(step: StepFunction, options?: CompileOptions): Executable;
  /** The memory a step would need, without running it. Missing if the engine cannot tell. */
  memoryOf?(step: StepFunction, signature: StepSignature): Promise<StepMemory>;
  /** Peak memory used on one device so far; undefined if the device does not report it. */
  peakBytes?(): number | undefined;
  /**
   * After a `DeviceLost`: acquires the device again, for whatever is compiled next. Missing if the device cannot be
   * lost.
   */
  recover?(): Promise<void>;
  dispose(): Promise<void>;
}

/** Keeps state where the engine wants it between calls. Host arrays go in, and only outputs come out. */
export interface Executable {
  run(inputs: InputTensors): Promise<HostTensors>;
  /**
   * Starts copying inputs of the next call to the device while the calls before it run. That call must be given the
   * same tensors, unchanged until it returns; others are copied as usual. Missing if the engine cannot.
   */
  send?(inputs: InputTensors): void;
  /** All state, or only the named entries, once calls in progress have finished. */
  readState(names?: readonly string[]): Promise<HostTensors>;
  /**
   * Replaces the named entries once calls in progress have finished. An unknown name is an error; a wrong shape or
   * dtype is a `RangeError`.
   */
  writeState(state: HostTensors): Promise<void>;
  /**
   * How the step runs, known after the first call: `eager` for op by op, otherwise the engine's name for its
   * compilation method, e.g. `wgsl`.
   */
  readonly lowering?: string;
  dispose(): void;
}
