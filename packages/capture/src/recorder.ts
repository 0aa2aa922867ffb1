/**
 * A tfjs backend that computes nothing: every kernel call becomes a node. tfjs's engine, including its tape, runs on it
 * unchanged, so running a function once also records its gradients.
 */
import { FacewrightError } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import {
  constantOf,
  createValue,
  type CapturedDType,
  type ConstantData,
  type GraphNode,
  type TensorSpec,
  type Value,
} from './graph.js';
import { rules } from './rules/index.js';
import type { Inputs, Rule } from './rules/rule.js';
import { userLine } from './user-line.js';

export const CAPTURE_BACKEND = 'facewright-capture';

/** The state of one capture. */
export class Recording {
  readonly nodes: GraphNode[] = [];
  readonly constants = new Map<Value, ConstantData>();
  /** The kernel that produced a value, for errors. */
  readonly madeBy = new Map<Value, string>();

  constructor(readonly name: string) {}

  record(
    op: string,
    named: readonly (readonly [string, Value])[],
    attrs: Readonly<Record<string, unknown>>,
    specs: readonly TensorSpec[],
  ): Value[] {
    const outputs = specs.map(createValue);
    for (const value of outputs) this.madeBy.set(value, op);
    this.nodes.push({
      op,
      inputs: named.map(([, value]) => value),
      inputNames: named.map(([name]) => name),
      attrs: { ...attrs },
      outputs,
    });
    return outputs;
  }
}

/** What a tfjs tensor on this backend represents. */
interface Entry {
  readonly value: Value;
  readonly owner: Recording | undefined;
  readonly constant?: ConstantData;
}

class RecordingBackend extends tf.KernelBackend {
  /** The capture in progress. Capturing is synchronous, so there is at most one. */
  recording?: Recording;
  private readonly entries: tf.DataStorage<Entry>;

  constructor() {
    super();
    this.entries = new tf.DataStorage(this, tf.engine());
  }

  get current(): Recording {
    if (!this.recording) throw new Error('a captured tensor was used outside its capture');
    return this.recording;
  }

  /** A tfjs tensor that represents this value. */
  infoOf(value: Value): tf.TensorInfo {
    const dataId = {};
    this.entries.set(dataId, { value, owner: this.current });
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }

  capturedValue(tensor: tf.TensorInfo): Value {
    // tfjs moves in tensors of other backends; one that tfjs does not know has been disposed of
    if (!this.entries.has(tensor.dataId) && !tf.engine().state.tensorInfo.has(tensor.dataId))
      throw disposedError(this.recording);
    const { value, owner, constant } = this.entries.get(tensor.dataId);
    if (owner === this.current) return value;
    if (!constant) throw new Error('a tensor from one capture was used in another');
    return this.enterConstant(tensor.dataId, constant, value);
  }

  private enterConstant(dataId: object, constant: ConstantData, spec: TensorSpec): Value {
    const value = createValue(spec);
    this.recording?.constants.set(value, constant);
    this.entries.set(dataId, { value, owner: this.recording, constant });
    return value;
  }

  override write(data: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.move(dataId, data, shape, dtype);
    return dataId;
  }

  /** Also called for tensors of another backend: they become constants, and their values stay readable. */
  override move(dataId: object, data: tf.BackendValues, shape: number[], dtype: tf.DataType): void {
    const spec = { shape, dtype: numericDType(dtype) };
    this.enterConstant(dataId, constantOf(data as ArrayLike<number>, spec.dtype), spec);
  }

  override readSync(dataId: object): tf.BackendValues {
    const { value, constant } = this.entries.get(dataId);
    if (constant) return constant;
    throw readError(this.recording, value);
  }

  override async read(dataId: object): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }

  override numDataIds(): number {
    return this.entries.numDataIds();
  }

  override disposeData(dataId: object): boolean {
    this.entries.delete(dataId);
    return true;
  }

  override refCount(): number {
    return 1;
  }
  override incRef(): void {}
  override floatPrecision(): 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override timerAvailable(): boolean {
    return false;
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
  override dispose(): void {}
}

function readError(recording: Recording | undefined, value: Value): FacewrightError {
  const op = recording?.madeBy.get(value);
  return new FacewrightError({
    what: `The step "${recording?.name ?? ''}" reads the value of ${op ? `the result of ${op}` : 'one of its inputs'} [${value.shape.join(', ')}] during capture, when it has no value yet.`,
    where: userLine(),
    todo: 'Keep the step a pure function of tensors: branch with tf.where instead of if, and return the values you want to see as outputs.',
  });
}

function disposedError(recording: Recording | undefined): FacewrightError {
  return new FacewrightError({
    what: `The step "${recording?.name ?? ''}" uses a tensor that has been disposed.`,
    where: userLine(),
    todo: 'Do not dispose it yet. In a custom gradient, pass values from the forward pass with "save" instead of a closure.',
  });
}

function numericDType(dtype: tf.DataType): CapturedDType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new FacewrightError({
    what: `A tensor of dtype ${dtype} cannot be captured.`,
    where: userLine(),
    todo: 'Use float32, int32 or bool.',
  });
}

let backend: RecordingBackend | undefined;

/** Registers the backend and its kernels once per process, on the first capture. */
export function recordingBackend(): RecordingBackend {
  if (backend) return backend;
  const created = new RecordingBackend();
  backend = created;
  tf.registerBackend(CAPTURE_BACKEND, () => created, 0);
  for (const [kernelName, rule] of Object.entries(rules)) {
    tf.registerKernel({
      kernelName,
      backendName: CAPTURE_BACKEND,
      kernelFunc: ({ inputs, attrs }) =>
        runKernel(created, kernelName, rule, inputs, (attrs ?? {}) as Record<string, unknown>),
    });
  }
  return created;
}

function runKernel(
  on: RecordingBackend,
  op: string,
  rule: Rule,
  inputs: tf.NamedTensorInfoMap | undefined,
  attrs: Record<string, unknown>,
): tf.TensorInfo | tf.TensorInfo[] {
  // optional inputs (a bias, a scale) are undefined or null
  const named = Object.entries(inputs ?? {}).flatMap(([name, tensor]) =>
    tensor ? [[name, on.capturedValue(tensor)] as const] : [],
  );
  const specs = rule(Object.fromEntries(named) as Inputs, attrs);
  const infos = on.current
    .record(op, named, attrs, Array.isArray(specs) ? specs : [specs])
    .map((value) => on.infoOf(value));
  return Array.isArray(specs) ? infos : infos[0];
}
