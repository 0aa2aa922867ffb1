/**
 * A step of several ranks: each computes the gradients of its parts of the batch, the gradients and the statistics are
 * summed over all ranks, and every rank makes the same update. It gives what one process gives with as many
 * micro-batches, within the rounding of sums; with ordered sums bit for bit, whatever the number of ranks.
 */
import {
  hostScalar,
  hostTensor,
  stripPrefix,
  type Cluster,
  type Executable,
  type HostTensor,
  type HostTensors,
  type InputTensors,
} from '@facewright/core';
import { firstScale, isScaler, onlyScaler, SCALE, withoutScaler } from '../step/loss-scale.js';
import { partsOf, type BatchParts, type TrainingOptions } from '../step/micro-batches.js';
import { gradientStep, isParameter, isStatistic, updateStep } from '../step/step.js';
import { ownParts } from './share.js';

export interface ClusterTrainingOptions extends Omit<TrainingOptions, 'parts'> {
  readonly cluster: Cluster;
  readonly batch: BatchParts;
}

/** As `compileTraining`, but the inputs are those of this rank (see `ownPlaces`), except `labels`, which are those of the whole batch. */
export function compileClusterTraining(options: ClusterTrainingOptions): Executable {
  const { engine, name = 'training', model, loss, optimiser, clipNorm, frozen = new Set(), state: given } = options;
  const { hostBytes } = options;
  const { lossScaling } = engine;
  const state = { ...withoutScaler(given), ...(lossScaling && { ...firstScale(lossScaling), ...onlyScaler(given) }) };
  const learned = (entry: string): boolean => isParameter(entry) && !frozen.has(entry);
  const inFirstHalf = (entry: string): boolean => isParameter(entry) || isStatistic(entry) || entry === SCALE;
  const inSecondHalf = (entry: string): boolean => learned(entry) || entry.startsWith('memory/') || isScaler(entry);
  const rules = { frozen, lossScaling, clipNorm, microBatches: options.batch.parts };
  return new ClusterStep(
    options,
    engine.compile(gradientStep(model, loss, rules), {
      name: `${name}, gradients`,
      state: only(state, inFirstHalf),
      inputsStay: true,
      hostBytes,
    }),
    engine.compile(updateStep(model, optimiser, rules), {
      name: `${name}, update`,
      state: only(state, inSecondHalf),
      inputsStay: true,
    }),
    { all: Object.keys(state), inFirstHalf, inSecondHalf },
    new Layout(only(state, (entry) => learned(entry) || isStatistic(entry))),
  );
}

interface Entries {
  readonly all: readonly string[];
  readonly inFirstHalf: (entry: string) => boolean;
  readonly inSecondHalf: (entry: string) => boolean;
}

class ClusterStep implements Executable {
  /** Of this step; filled anew by each. */
  private readonly sums: Float32Array;

  constructor(
    private readonly options: ClusterTrainingOptions,
    private readonly first: Executable,
    private readonly second: Executable,
    private readonly entries: Entries,
    private readonly layout: Layout,
  ) {
    this.sums = layout.empty();
  }

  get lowering(): string | undefined {
    return this.first.lowering;
  }

  async run({ labels, rate, ...images }: InputTensors): Promise<HostTensors> {
    const { first, second, layout } = this;
    const { batch, engine } = this.options;
    const { sums } = this;
    const { moved, loss, accuracy } = await this.gradients(images, labels);
    const statistics = only(layout.means(sums, batch.parts), (name) => moved.has(name));
    const outputs = await second.run({ rate, ...layout.gradients(sums) });
    const changed = await second.readState(layout.names.filter(isParameter));
    const scale = engine.lossScaling ? await second.readState([SCALE]) : {};
    await first.writeState({ ...statistics, ...changed, ...scale });
    return { loss, accuracy, ...outputs };
  }

  /** Sums over all parts of the batch, whichever rank they belong to. */
  private async gradients(
    images: InputTensors,
    labels: InputTensors[string],
  ): Promise<{ moved: ReadonlySet<string>; loss: HostTensor; accuracy: HostTensor }> {
    const { first, layout, sums } = this;
    const { cluster, batch } = this.options;
    const figures = new Float64Array(2 * batch.parts);
    sums.fill(0);
    const own = ownParts(batch, cluster);
    let moved = new Set<string>();
    for (const [round, part] of own.entries()) {
      const outputs = await first.run({
        ...partsOf(images, round, own.length),
        ...partsOf({ labels }, part, batch.parts),
      });
      moved = new Set(Object.keys(stripPrefix('moved', outputs)));
      figures.set([outputs.loss.data[0], outputs.accuracy.data[0]], 2 * part);
      if (!cluster.ordered) {
        layout.add(outputs, sums, round === 0);
        continue;
      }
      // after each round every rank has the sum of all parts so far, to which the first rank adds its next part
      layout.add(outputs, sums, round === 0 || cluster.rank > 0);
      await cluster.allReduce(sums, { ordered: true });
    }
    if (!cluster.ordered) await cluster.allReduce(sums);
    // each number is added to zeros, so the order does not matter
    await cluster.allReduce(figures);
    const mean = (at: number): HostTensor => {
      let sum = 0;
      for (let part = 0; part < batch.parts; part++) sum += figures[2 * part + at];
      return hostScalar(sum / batch.parts);
    };
    return { moved, loss: mean(0), accuracy: mean(1) };
  }

  async readState(names: readonly string[] = this.entries.all): Promise<HostTensors> {
    const { inSecondHalf } = this.entries;
    return {
      ...(await this.first.readState(names.filter((name) => !inSecondHalf(name)))),
      ...(await this.second.readState(names.filter(inSecondHalf))),
    };
  }

  async writeState(values: HostTensors): Promise<void> {
    const given = this.options.engine.lossScaling ? values : withoutScaler(values);
    await this.first.writeState(only(given, this.entries.inFirstHalf));
    await this.second.writeState(only(given, this.entries.inSecondHalf));
  }

  dispose(): void {
    this.first.dispose();
    this.second.dispose();
  }
}

/** Gradients and statistics one after the other in a single array, which is what the ranks sum. */
class Layout {
  readonly names: readonly string[];
  private readonly shapes: readonly (readonly number[])[];
  private readonly length: number;

  constructor(state: HostTensors) {
    this.names = Object.keys(state).sort();
    this.shapes = this.names.map((name) => state[name].shape);
    this.length = this.names.reduce((sum, name) => sum + state[name].data.length, 0);
  }

  empty(): Float32Array {
    return new Float32Array(this.length);
  }

  /** The outputs of the first half, added to the sums or in their place. A statistic that does not move is left out. */
  add(outputs: HostTensors, sums: Float32Array, replace: boolean): void {
    for (const [name, at] of this.places(sums)) {
      const values = outputs[outputOf(name)]?.data;
      if (!values) continue;
      if (replace) at.set(values);
      else for (let i = 0; i < at.length; i++) at[i] += values[i];
    }
  }

  /** The inputs of the second half. */
  gradients(sums: Float32Array): HostTensors {
    const places = this.places(sums).filter(([name]) => isParameter(name));
    return Object.fromEntries(places.map(([name, at, shape]) => [`gradients/${name}`, hostTensor(shape, at)]));
  }

  /** The statistics, of which the sums are over so many parts. */
  means(sums: Float32Array, parts: number): HostTensors {
    const places = this.places(sums).filter(([name]) => isStatistic(name));
    return Object.fromEntries(
      places.map(([name, at, shape]) => [
        name,
        hostTensor(
          shape,
          at.map((sum) => sum / parts),
        ),
      ]),
    );
  }

  private places(sums: Float32Array): [name: string, at: Float32Array, shape: readonly number[]][] {
    let start = 0;
    return this.names.map((name, index) => {
      const shape = this.shapes[index];
      const at = sums.subarray(start, (start += shape.reduce((product, size) => product * size, 1)));
      return [name, at, shape];
    });
  }
}

const outputOf = (name: string): string => (isParameter(name) ? `gradients/${name}` : `moved/${name}`);

const only = (tensors: HostTensors, wanted: (name: string) => boolean): HostTensors =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => wanted(name)));
