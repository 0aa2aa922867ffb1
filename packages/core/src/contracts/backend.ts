/** Compute. You probe and open a backend; its engine compiles pure functions; an executable runs one and keeps its state. */
import type { HostTensor, HostTensors, State } from '../values/tensors.js';

/** The answer to “does this work here?”, for `doctor` and for choosing an engine. */
export interface Availability {
  readonly usable: boolean;
  /** The device or library found, e.g. "wasm SIMD, 1 thread". */
  readonly device?: string;
  /** It computes on a GPU that it was made for: `auto` takes it before engines that do not. */
  readonly accelerated?: boolean;
  /** The device is one that software plays on the processor: it works, slowly, and is taken only where it is asked for by name. */
  readonly emulated?: boolean;
  /** Why it cannot be used. */
  readonly reason?: string;
  /** The command or step that mends it. */
  readonly remedy?: string;
}

/** What code that knows no engine by name asks of it, to choose well. Known before it is opened, from its options. */
export interface BackendTraits {
  /**
   * How fast it trains. `slow`: op by op on one thread, seconds a step with a full net. `processor`: compiled for a processor, seconds a batch.
   * `accelerator`: a GPU or the like.
   */
  readonly speed: 'slow' | 'processor' | 'accelerator';
  /**
   * Whether each of many worker threads may open an engine of its own; if so, the options that go over the given ones there, such as
   * `{ threads: 1 }`.
   */
  readonly workers: false | Readonly<Record<string, unknown>>;
  /** The order of an image's values that it computes fastest with. `planes`: channels first, as in ONNX. `interleaved`: channels last, as in tfjs. */
  readonly layout: 'planes' | 'interleaved';
  /**
   * What a new size of an input costs. `fixed`: seconds of compiling, so that faces are looked for in photos of many sizes on another engine. Default
   * `any`: little.
   */
  readonly sizes?: 'any' | 'fixed';
}

/** Of a backend that does not say: nothing is held against it. */
export const ASSUMED_TRAITS: BackendTraits = { speed: 'accelerator', workers: {}, layout: 'interleaved' };

export interface Backend {
  /** Default: `ASSUMED_TRAITS`. */
  readonly traits?: BackendTraits;
  /** Cheap, never throws, loads nothing heavy that it does not need. */
  probe(): Promise<Availability>;
  open(): Promise<Engine>;
}

/**
 * A function over tensors without side effects. `state` in the result holds the changed entries under their own names; what is left out
 * stays as it was. Reading a value inside it (`dataSync`, `await data()`) is an error.
 */
export type StepFunction = (state: State, inputs: State) => { readonly state?: State; readonly outputs: State };

export interface CompileOptions {
  /** Shown while compiling and in errors. */
  readonly name?: string;
  /** The first state; written to the device once. */
  readonly state?: HostTensors;
  /** Axes of inputs that change from call to call (`{ image: [1, 2] }`): an engine may compile once for all sizes. */
  readonly dynamicAxes?: Readonly<Record<string, readonly number[]>>;
  /** The caller leaves the arrays of a call as they are until it is answered: an engine need not copy them first. */
  readonly inputsStay?: boolean;
  /** The caller is done with a call's outputs when it makes the next call: an engine may take their memory back then, and the arrays be empty. */
  readonly outputsGo?: boolean;
}

/** What a step takes of a device's memory: state, inputs, results and all that lies between. */
export interface StepMemory {
  /** Of one device, in bytes. */
  readonly bytes: number;
  /** What the device lets a program have, where it tells. */
  readonly limitBytes?: number;
}

/** Shapes and dtypes of what goes into a step. */
export interface StepSignature {
  readonly name?: string;
  readonly state: Readonly<Record<string, Pick<HostTensor, 'shape' | 'dtype'>>>;
  readonly inputs: Readonly<Record<string, Pick<HostTensor, 'shape' | 'dtype'>>>;
}

/** How a training adapts the factor by which it multiplies its loss; see `Engine.lossScaling`. */
export interface LossScaling {
  /** The first factor, a power of two. */
  readonly initial: number;
  /** Updates in a row without an overflow after which it is doubled. */
  readonly growAfter: number;
}

export interface Engine {
  /** The backend's name, e.g. `wasm`. */
  readonly name: string;
  /** What it runs on, for people. */
  readonly device: string;
  /** As in `BackendTraits`; default: `interleaved`. */
  readonly layout?: BackendTraits['layout'];
  /** Set where gradients are computed in float16, whose range is small: a training is to multiply its loss by a factor that it adapts. */
  readonly lossScaling?: LossScaling;
  /** The same for eager engines (they run `step`) and compiling ones (they capture it once per signature of shapes). */
  compile(step: StepFunction, options?: CompileOptions): Executable;
  /** What a step would take on the device, without running it; missing where the engine cannot tell. */
  memoryOf?(step: StepFunction, signature: StepSignature): Promise<StepMemory>;
  /** The most of one device's memory that was in use so far; undefined where the device does not count. */
  peakBytes?(): number | undefined;
  /** After a `DeviceLost`: takes the device anew, for what is compiled from then on. Missing where a device cannot be lost. */
  recover?(): Promise<void>;
  dispose(): Promise<void>;
}

/** State lives where the engine wants it, between calls; host arrays go in and only outputs come out. */
export interface Executable {
  run(inputs: HostTensors): Promise<HostTensors>;
  /** All of the state, or the named entries, as the calls under way leave it. */
  readState(names?: readonly string[]): Promise<HostTensors>;
  /** Replaces the named entries; a name the state does not have is an error, another shape or dtype a `RangeError`. Calls under way end first. */
  writeState(state: HostTensors): Promise<void>;
  /** How the step runs, known from the first call on: `eager` op by op, else the engine's name for its way to compile, e.g. `wgsl`. */
  readonly lowering?: string;
  dispose(): void;
}
