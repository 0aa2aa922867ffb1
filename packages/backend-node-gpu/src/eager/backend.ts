/** TensorFlow as a tfjs backend: tensors are TensorFlow handles, and every kernel of the table runs op by op. */
import * as tf from '@tensorflow/tfjs-core';
import { canonicalKernel, CAPTURED_OPS, type Value } from '@facewright/capture';
import { lower } from '../lowering/index.js';
import type { Operand } from '../lowering/lowering.js';
import type { DType, HostData } from '../runtime/dtypes.js';
import type { Pointer, Runtime } from '../runtime/runtime.js';
import { EagerEmitter, type EagerRef } from './emitter.js';

interface Entry {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Values that no op has used yet: a tensor that is only read back never reaches TensorFlow. */
  values?: HostData;
  handle?: Pointer;
  references: number;
}

export class TensorFlowBackend extends tf.KernelBackend {
  private readonly data: tf.DataStorage<Entry>;
  private readonly emitter: EagerEmitter;

  constructor(readonly runtime: Runtime) {
    super();
    this.data = new tf.DataStorage(this, tf.engine());
    this.emitter = new EagerEmitter(runtime);
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    const id = {};
    this.move(id, values, shape, dtype, 1);
    return id;
  }

  override move(
    id: object,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
      throw new Error(`the node-gpu engine has no tensors of dtype ${dtype}`);
    this.data.set(id, { shape, dtype, values: values as HostData, references });
  }

  override readSync(id: object): HostData {
    const { values, handle } = this.data.get(id);
    return values ?? this.runtime.download(handle!);
  }

  override async read(id: object): Promise<HostData> {
    return this.readSync(id);
  }

  override disposeData(id: object, force = false): boolean {
    if (!this.data.has(id)) return true;
    const entry = this.data.get(id);
    entry.references--;
    if (!force && entry.references > 0) return false;
    if (entry.handle !== undefined) this.runtime.release(entry.handle);
    this.data.delete(id);
    return true;
  }

  override incRef(id: object): void {
    this.data.get(id).references++;
  }

  override refCount(id: object): number {
    return this.data.has(id) ? this.data.get(id).references : 0;
  }

  override numDataIds(): number {
    return this.data.numDataIds();
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true }; // TensorFlow's own memory is not counted
  }

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {}

  run(op: string, given: tf.NamedTensorInfoMap, attrs: Record<string, unknown>): tf.TensorInfo[] {
    const operands = Object.entries(given).flatMap(([name, input]) =>
      input ? [[name, this.operand(input)] as const] : [],
    );
    const { inputs, nodes, outputs } = canonicalKernel(op, Object.fromEntries(operands), attrs);
    const made = new Map<Value, Operand>(operands.map(([name, operand]) => [inputs[name], operand]));
    return this.emitter
      .run((emit) => {
        for (const node of nodes) {
          const taken = Object.fromEntries(node.inputs.map((value, i) => [node.inputNames[i], made.get(value)!]));
          lower(node, taken, emit).forEach((ref, i) => made.set(node.outputs[i], { ...node.outputs[i], ref }));
        }
        return outputs.map((value) => made.get(value)!.ref);
      })
      .map((handle) => {
        const shape = this.runtime.shape(handle);
        const dtype = this.runtime.dtype(handle);
        const id = {};
        this.data.set(id, { shape, dtype, handle, references: 1 });
        return { dataId: id, shape, dtype };
      });
  }

  private operand({ dataId, shape, dtype }: tf.TensorInfo): Operand & { readonly dtype: DType } {
    const entry = this.data.get(dataId);
    entry.handle ??= this.runtime.upload(entry.values!, entry.shape, entry.dtype);
    entry.values = undefined;
    return { ref: { handle: entry.handle, borrowed: true } satisfies EagerRef, shape, dtype: dtype as DType };
  }
}

/** Registers the backend and its kernels with tfjs under this name. Calling it again does nothing. */
export function registerTensorFlow(name: string, runtime: Runtime): void {
  if (tf.findBackendFactory(name)) return;
  tf.registerBackend(name, () => new TensorFlowBackend(runtime), 0);
  for (const kernelName of CAPTURED_OPS) {
    tf.registerKernel({
      kernelName,
      backendName: name,
      kernelFunc: ({ inputs, backend, attrs }) => {
        const results = (backend as TensorFlowBackend).run(kernelName, inputs as tf.NamedTensorInfoMap, attrs ?? {});
        return results.length === 1 ? results[0] : results;
      },
    });
  }
}
