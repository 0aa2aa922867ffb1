/** TensorFlow as a graph compiler: one function per graph, with state and inputs in TensorFlow's tensors. */
import type { Target } from '@facewright/compiled-engine';
import { hostTensor } from '@facewright/core';
import type { Pointer, Runtime } from '../runtime/runtime.js';
import { buildFunction, type BuiltFunction, type Compilation } from './build.js';
import { executeFunction } from './execute.js';

export function functionTarget(runtime: Runtime, compilation: Compilation): Target<BuiltFunction, Pointer> {
  const { c } = runtime.library;
  return {
    compile: (graph) => buildFunction(runtime, graph, compilation),
    async execute({ name, newState, outputs }, state, inputs) {
      const handles = [...state, ...inputs];
      const results = await executeFunction(runtime, name, handles, newState + outputs, compilation.jit);
      return { newState: results.slice(0, newState), outputs: results.slice(newState) };
    },
    upload: ({ data, shape, dtype }) => runtime.upload(data, shape, dtype),
    download: (handle) => {
      const data = runtime.download(handle);
      return hostTensor(runtime.shape(handle), data instanceof Uint8Array ? Int32Array.from(data) : data);
    },
    release: (handle) => runtime.release(handle),
    releaseProgram: ({ name }) =>
      runtime.call(name, (status) => c.TFE_ContextRemoveFunction(runtime.context, name, status)),
    nodesOf: ({ nodes }) => nodes,
  };
}
