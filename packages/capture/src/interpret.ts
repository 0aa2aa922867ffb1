/** Runs a captured graph node by node on a tfjs backend. Slow but obviously correct: the reference for testing passes and lowerings. */
import { hostTensor, withTfBackend, type HostTensors } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { AFTER, type Graph, type GraphNode, type NamedValue, type Value } from './graph.js';

/**
 * `tfBackend` must be initialised and have the composed kernels, like that of an open engine. Results have bool as
 * int32.
 */
export function interpret(
  graph: Graph,
  tfBackend: string,
  state: HostTensors,
  inputs: HostTensors,
): { state: HostTensors; outputs: HostTensors } {
  return withTfBackend(tfBackend, () => {
    const known = new Map<Value, tf.Tensor>();
    const all = { ...state, ...inputs };
    for (const { name, value } of [...graph.state, ...graph.inputs]) {
      if (!all[name]) throw new Error(`the graph "${graph.name}" needs "${name}"`);
      known.set(value, tf.tensor(all[name].data, [...value.shape], value.dtype));
    }
    for (const [value, data] of graph.constants) known.set(value, tf.tensor(data, [...value.shape], value.dtype));
    for (const node of graph.nodes) {
      const tensors = node.inputs.map((input) => known.get(input)!);
      if (node.op === AFTER) {
        known.set(node.outputs[0], tf.clone(tensors[0]));
        continue;
      }
      const own = OWN[node.op];
      if (own && !tf.getKernel(node.op, tfBackend)) {
        known.set(node.outputs[0], own(tensors[0], node));
        continue;
      }
      const listed = node.inputNames.every((name, i) => name === String(i));
      const given =
        listed && node.inputs.length
          ? tensors
          : Object.fromEntries(node.inputNames.map((name, i) => [name, tensors[i]]));
      const made = tf.engine().runKernel(node.op, given as tf.NamedTensorMap, node.attrs as tf.NamedAttrMap);
      (Array.isArray(made) ? made : [made as tf.Tensor]).forEach((tensor, i) => known.set(node.outputs[i], tensor));
    }
    const read = (list: readonly NamedValue[]): HostTensors =>
      Object.fromEntries(list.map(({ name, value }) => [name, host(known.get(value)!)]));
    const result = { state: read(graph.newState), outputs: read(graph.outputs) };
    tf.dispose([...known.values()]);
    return result;
  });
}

/** Kernels that tfjs names but its plain backends lack. */
const OWN: Readonly<Record<string, (x: tf.Tensor, node: GraphNode) => tf.Tensor>> = {
  BroadcastTo: (x, { outputs }) => tf.broadcastTo(x, [...outputs[0].shape]),
  LogSoftmax: (x) => tf.logSoftmax(x),
};

function host(tensor: tf.Tensor): HostTensors[string] {
  const data = tensor.dataSync();
  return hostTensor(tensor.shape, tensor.dtype === 'float32' ? Float32Array.from(data) : Int32Array.from(data));
}
