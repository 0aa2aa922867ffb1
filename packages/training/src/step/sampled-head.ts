/**
 * Training a head on a sample of its classes (PartialFC, An et al., CVPR 2022, arXiv 2010.05222): a step sees the classes of its batch and a seeded
 * sample of others, and updates those alone. All class centres stay in host memory, with the optimiser's memory of them; the compiled step holds
 * `count` of them, which are written before the step and read after it. So a device needs no more memory for a million people than for `count`.
 */
import {
  hostTensor,
  type Executable,
  type HostTensor,
  type HostTensors,
  type InputTensors,
  type Loss,
  type Random,
} from '@facewright/core';
import { ClassColumns } from './class-columns.js';

/** How many classes a step sees: that share of them, but room for all of the batch. */
export const classesInStep = (rate: number, identities: number, batch: number): number =>
  Math.min(identities, Math.max(batch, Math.ceil(rate * identities)));

/** Draws the classes of a step, sorted: those of `labels`, and others at random without replacement, `count` in all. */
export type ClassSampler = (labels: ArrayLike<number>, random: Random) => Uint32Array;

export function createClassSampler(identities: number, count: number): ClassSampler {
  // cleared class by class after each step, because a million people are far more than a step sees
  const marks = new Uint8Array(identities);
  return (labels, random) => {
    const own = Uint32Array.from(new Set(Array.from(labels)));
    const others = count - own.length;
    if (others < 0) throw new RangeError(`a batch of ${labels.length} images shows more than ${count} classes`);
    const free = identities - own.length;
    // draws whichever are fewer: those that take part, or those that do not
    const takesPart = others * 2 <= free;
    const drawn = new Uint32Array(takesPart ? others : free - others);
    for (const label of own) marks[label] = 1;
    for (let found = 0; found < drawn.length;) {
      const label = random.integer(identities);
      if (marks[label] !== 0) continue;
      marks[label] = 1;
      drawn[found++] = label;
    }
    if (!takesPart) for (const label of own) marks[label] = 0;
    const classes = new Uint32Array(count);
    if (takesPart) {
      classes.set(own);
      classes.set(drawn, own.length);
      classes.sort();
    } else for (let label = 0, found = 0; label < identities; label++) if (marks[label] === 0) classes[found++] = label;
    for (const label of own) marks[label] = 0;
    for (const label of drawn) marks[label] = 0;
    return classes;
  };
}

/** The labels as places among `classes`, which are sorted and hold all of them. */
export function placesOf({ shape, data }: HostTensor, classes: Uint32Array): HostTensor {
  const places = new Map(Array.from(new Set(data), (label) => [label, placeOf(label, classes)]));
  return hostTensor(
    shape,
    Int32Array.from(data, (label) => places.get(label)!),
  );
}

function placeOf(label: number, classes: Uint32Array): number {
  let [low, high] = [0, classes.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (classes[middle] < label) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A compiled step, which may have to know its number, from 0 over the whole training. */
export interface StepExecutable extends Omit<Executable, 'run'> {
  run(inputs: InputTensors, step: number): Promise<HostTensors>;
}

export interface SampledOptions {
  readonly loss: Loss;
  readonly identities: number;
  /** Images in a step. */
  readonly batch: number;
  /** All of the training's tensors. */
  readonly state: HostTensors;
  /** Forked by step. */
  readonly random: Random;
  /** Compiles the step for a state with fewer classes. */
  compile(state: HostTensors): Executable;
}

/** The step of a head that is trained on a sample of its classes. Reads and writes the state of all. */
export function compileSampled({ loss, identities, batch, state, random, compile }: SampledOptions): SampledStep {
  const { rate, perClass } = loss.sampled!;
  const count = classesInStep(rate, identities, batch);
  const columns = new ClassColumns(state, identities, perClass);
  const first = Uint32Array.from({ length: count }, (_, label) => label);
  return new SampledStep(
    compile({ ...state, ...columns.take(first) }),
    columns,
    createClassSampler(identities, count),
    random,
  );
}

export class SampledStep implements StepExecutable {
  constructor(
    private readonly inner: Executable,
    readonly columns: ClassColumns,
    private readonly sample: ClassSampler,
    private readonly random: Random,
  ) {}

  get lowering(): string | undefined {
    return this.inner.lowering;
  }

  async run(inputs: InputTensors, step: number): Promise<HostTensors> {
    const { inner, columns } = this;
    const labels = inputs.labels as HostTensor;
    const classes = this.sample(labels.data, this.random.fork(step));
    await inner.writeState(columns.take(classes));
    const outputs = await inner.run({ ...inputs, labels: placesOf(labels, classes) });
    columns.put(classes, await inner.readState(columns.names));
    return outputs;
  }

  /** All but the labels, which depend on the classes drawn. */
  send({ labels: _, ...others }: InputTensors): void {
    this.inner.send?.(others);
  }

  async readState(names?: readonly string[]): Promise<HostTensors> {
    const { inner, columns } = this;
    const others = await inner.readState(names?.filter((name) => !columns.has(name)));
    const wanted = columns.names.filter((name) => names?.includes(name) ?? true);
    return { ...others, ...Object.fromEntries(wanted.map((name) => [name, columns.read(name)])) };
  }

  async writeState(state: HostTensors): Promise<void> {
    const { inner, columns } = this;
    const entries = Object.entries(state);
    for (const [name, tensor] of entries) if (columns.has(name)) columns.write(name, tensor);
    await inner.writeState(Object.fromEntries(entries.filter(([name]) => !columns.has(name))));
  }

  dispose(): void {
    this.inner.dispose();
  }
}
