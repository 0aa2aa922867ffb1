/**
 * The part of TensorFlow's C API in use (tensorflow/c/c_api.h and c/eager/c_api.h), as koffi declarations. The symbols
 * are spread over two libraries; each is looked up in both.
 */
import type { KoffiFunc, LibraryHandle } from 'koffi';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a C function takes is in its signature
type KoffiFunction = KoffiFunc<(...args: any[]) => any>;

const SIGNATURES = [
  'const char *TF_Version()',
  'void *TF_NewStatus()',
  'void TF_DeleteStatus(void *status)',
  'int TF_GetCode(void *status)',
  'const char *TF_Message(void *status)',

  'void *TF_AllocateTensor(int dtype, const int64_t *dims, int rank, size_t bytes)',
  'void *TF_TensorData(void *tensor)',
  'size_t TF_TensorByteSize(void *tensor)',
  'void TF_DeleteTensor(void *tensor)',

  'void *TFE_NewContextOptions()',
  'void TFE_ContextOptionsSetConfig(void *options, const uint8_t *config, size_t bytes, void *status)',
  'void TFE_DeleteContextOptions(void *options)',
  'void *TFE_NewContext(void *options, void *status)',
  'void *TFE_ContextListDevices(void *context, void *status)',
  'int TF_DeviceListCount(void *list)',
  'const char *TF_DeviceListName(void *list, int index, void *status)',
  'const char *TF_DeviceListType(void *list, int index, void *status)',
  'void TF_DeleteDeviceList(void *list)',

  'void *TFE_NewTensorHandle(void *tensor, void *status)',
  'void *TFE_TensorHandleResolve(void *handle, void *status)',
  'void *TFE_TensorHandleCopyToDevice(void *handle, void *context, const char *device, void *status)',
  'int TFE_TensorHandleDataType(void *handle)',
  'int TFE_TensorHandleNumDims(void *handle, void *status)',
  'int64_t TFE_TensorHandleDim(void *handle, int axis, void *status)',
  'void TFE_DeleteTensorHandle(void *handle)',

  'void *TFE_NewOp(void *context, const char *name, void *status)',
  'void TFE_OpAddInput(void *op, void *handle, void *status)',
  'void TFE_OpAddInputList(void *op, const void *handles, int count, void *status)',
  'void TFE_OpSetAttrType(void *op, const char *name, int value)',
  'void TFE_OpSetAttrBool(void *op, const char *name, uint8_t value)',
  'void TFE_OpSetAttrInt(void *op, const char *name, int64_t value)',
  'void TFE_OpSetAttrFloat(void *op, const char *name, float value)',
  'void TFE_OpSetAttrString(void *op, const char *name, const void *value, size_t length)',
  'void TFE_OpSetAttrIntList(void *op, const char *name, const int64_t *values, int count)',
  'void TFE_Execute(void *op, void *results, void *count, void *status)',
  'void TFE_DeleteOp(void *op)',

  'void *TF_NewBuffer()',
  'void TF_DeleteBuffer(void *buffer)',
  'void TF_GraphGetOpDef(void *graph, const char *name, void *buffer, void *status)',

  'void *TF_NewGraph()',
  'void TF_DeleteGraph(void *graph)',
  'void *TF_NewOperation(void *graph, const char *type, const char *name)',
  'void TF_AddInput(void *description, TF_Output input)',
  'void TF_AddInputList(void *description, const void *inputs, int count)',
  'void TF_AddControlInput(void *description, void *operation)',
  'void TF_SetAttrType(void *description, const char *name, int value)',
  'void TF_SetAttrBool(void *description, const char *name, uint8_t value)',
  'void TF_SetAttrInt(void *description, const char *name, int64_t value)',
  'void TF_SetAttrFloat(void *description, const char *name, float value)',
  'void TF_SetAttrString(void *description, const char *name, const void *value, size_t length)',
  'void TF_SetAttrIntList(void *description, const char *name, const int64_t *values, int count)',
  'void TF_SetAttrShape(void *description, const char *name, const int64_t *dims, int rank)',
  'void TF_SetAttrTensor(void *description, const char *name, void *tensor, void *status)',
  'void *TF_FinishOperation(void *description, void *status)',
  'void *TF_GraphToFunction(void *graph, const char *name, uint8_t appendHash, int operations, const void *list, int inputs, const void *inputList, int outputs, const void *outputList, const char **names, const void *options, const char *description, void *status)',
  'void TF_DeleteFunction(void *function)',
  'void TF_GraphCopyFunction(void *graph, void *function, void *gradient, void *status)',
  'void TFE_ContextAddFunction(void *context, void *function, void *status)',
  'void TFE_ContextRemoveFunction(void *context, const char *name, void *status)',
] as const;

type NameIn<S extends string> = S extends `${infer Before}(${string}`
  ? Before extends `${string}*${infer Name}`
    ? Name
    : Before extends `${string} ${infer Name}`
      ? LastWord<Name>
      : never
  : never;
type LastWord<S extends string> = S extends `${string} ${infer Rest}` ? LastWord<Rest> : S;

/**
 * C functions by name. Pointers are bigints; typed arrays are passed by address (an array of pointers is a
 * BigUint64Array).
 */
export type Symbols = Readonly<Record<NameIn<(typeof SIGNATURES)[number]>, KoffiFunction>>;

/** The functions, looked up in each library in turn. */
export function bindSymbols(libraries: readonly LibraryHandle[]): Symbols {
  const find = (signature: string): KoffiFunction => {
    for (const library of libraries.slice(0, -1)) {
      try {
        return library.func(signature);
      } catch {
        // it is in the next one
      }
    }
    return libraries[libraries.length - 1].func(signature);
  };
  return Object.fromEntries(
    SIGNATURES.map((signature) => [/(\w+)\(/.exec(signature)![1], find(signature)]),
  ) as unknown as Symbols;
}
