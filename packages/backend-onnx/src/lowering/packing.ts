/**
 * How the state of a training step is passed. Hundreds of small tensors would each cost overhead on every step, so
 * small float32 ones are packed into one flat vector; large ones (class centres) are passed alone, because packing
 * copies. Entries that the step itself joins into a vector (see lowering/runs) are adjacent, so that vector is a slice
 * of the flat one.
 */
import { sizeOf, type Graph, type GraphNode, type NamedValue, type Value } from '@facewright/capture';
import { hostTensor, type HostTensor, type HostTensors } from '@facewright/core';
import { int } from '../onnx/builder.js';
import type { OnnxType, OnnxValueInfo } from '../onnx/encode.js';
import { onnxType, type Lowering } from './context.js';
import { findRuns, type Run } from './runs.js';

/** Tensors with fewer values (1 MB) are packed. */
const SMALL = 262_144;
const FLAT = 'state';

/** One tensor of the session that holds state. */
export interface StateTensor {
  /** Name of the session's input; the output has the prefix `new/`. */
  readonly input: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  /** Whether the step changes it. */
  readonly changes: boolean;
  /** The entries in it, in order. */
  readonly entries: readonly { readonly name: string; readonly shape: readonly number[]; readonly offset: number }[];
}

export interface StatePacking {
  readonly tensors: readonly StateTensor[];
  /** Nodes that join or split what is passed joined anyway. */
  readonly skipped: ReadonlySet<GraphNode>;
  /** Declares the inputs and provides the entries to the lowering. */
  unpack(lowering: Lowering): OnnxValueInfo[];
  /** Creates the outputs from the entries' new values. */
  pack(lowering: Lowering): OnnxValueInfo[];
}

export const newStateName = (tensor: StateTensor): string => `new/${tensor.input}`;

export function packState(graph: Graph): StatePacking {
  const changed = new Map(graph.newState.map(({ name, value }) => [name, value]));
  const isSmall = ({ name, value }: NamedValue): boolean =>
    changed.has(name) && value.dtype === 'float32' && sizeOf(value) < SMALL;
  const { runs, skipped } = findRuns(graph, isSmall);
  const joined = new Set(runs.flatMap(({ entries }) => entries));
  const small = [...joined, ...graph.state.filter((entry) => isSmall(entry) && !joined.has(entry))];
  const alone = graph.state.filter((entry) => !isSmall(entry));
  const values = new Map(graph.state.map(({ name, value }) => [name, value]));
  const flat = small.length ? [flatTensor(small)] : [];
  const tensors = [...flat, ...alone.map((entry) => aloneTensor(entry, changed.has(entry.name)))];
  return {
    tensors,
    skipped,
    unpack: (lowering) => {
      if (small.length)
        unpackFlat(
          lowering,
          runs,
          small.filter((entry) => !joined.has(entry)),
        );
      for (const { name, value } of alone) lowering.set(value, 'plain', aloneName(name));
      return tensors.map(({ input, type, shape }) => ({ name: input, type, shape }));
    },
    pack: (lowering) =>
      tensors
        .filter(({ changes }) => changes)
        .map((tensor) => {
          const now = (name: string): Value => changed.get(name) ?? values.get(name)!;
          const flat = ({ name, value }: NamedValue): string =>
            lowering.reshape(lowering.plain(now(name)), [sizeOf(value)]);
          const parts = [
            ...runs.flatMap(({ entries, next }) => (next ? [lowering.plain(next)] : entries.map(flat))),
            ...small.filter((entry) => !joined.has(entry)).map(flat),
          ];
          const whole =
            tensor.input === FLAT
              ? lowering.onnx.op('Concat', parts, { axis: int(0) })
              : lowering.plain(now(tensor.entries[0].name));
          lowering.onnx.rename(whole, newStateName(tensor));
          return { name: newStateName(tensor), type: tensor.type, shape: tensor.shape };
        }),
  };
}

const aloneName = (name: string): string => `state/${name}`;

function aloneTensor({ name, value }: NamedValue, changes: boolean): StateTensor {
  return {
    input: aloneName(name),
    type: onnxType(value),
    shape: value.shape,
    changes,
    entries: [{ name, shape: value.shape, offset: 0 }],
  };
}

function flatTensor(small: readonly NamedValue[]): StateTensor {
  let length = 0;
  const entries = small.map(({ name, value }) => {
    const entry = { name, shape: value.shape, offset: length };
    length += sizeOf(value);
    return entry;
  });
  return { input: FLAT, type: 'float32', shape: [length], changes: true, entries };
}

function unpackFlat(lowering: Lowering, runs: readonly Run[], single: readonly NamedValue[]): void {
  const set = ({ value }: NamedValue, part: string): void =>
    lowering.set(value, 'plain', value.shape.length === 1 ? part : lowering.reshape(part, value.shape));
  const split = (name: string, sizes: readonly number[]): string[] =>
    sizes.length > 1
      ? lowering.onnx.multi('Split', [name, lowering.onnx.integers(...sizes)], sizes.length, { axis: int(0) })
      : [name];
  const parts = split(FLAT, [...runs.map(({ vector }) => sizeOf(vector)), ...single.map(({ value }) => sizeOf(value))]);
  runs.forEach(({ vector, entries, divide }, i) => {
    lowering.set(vector, 'plain', parts[i]);
    if (!divide) return;
    const members = split(
      parts[i],
      entries.map(({ value }) => sizeOf(value)),
    );
    entries.forEach((entry, k) => set(entry, members[k]));
  });
  single.forEach((entry, i) => set(entry, parts[runs.length + i]));
}

/** The session's tensor for the entries' values. */
export function gather(tensor: StateTensor, state: HostTensors): HostTensor {
  if (tensor.input !== FLAT) return state[tensor.entries[0].name];
  const data = new Float32Array(sizeOf(tensor));
  for (const { name, offset } of tensor.entries) data.set(state[name].data, offset);
  return hostTensor(tensor.shape, data);
}

/** The slice of one entry in the session's tensor. */
export function entryOf(
  tensor: StateTensor,
  name: string,
): { offset: number; length: number; shape: readonly number[] } | undefined {
  const entry = tensor.entries.find((candidate) => candidate.name === name);
  return entry && { offset: entry.offset, length: sizeOf(entry), shape: entry.shape };
}
