/** Measures training on an engine: images per second of forward, backward and update, and the process's peak memory. */
import {
  byteTensor,
  createRandom,
  hostScalar,
  hostTensor,
  throwIfAborted,
  type Emit,
  type Engine,
  type Executable,
  type HostTensors,
  type InputTensors,
  type Loss,
  type Model,
  type Optimiser,
} from '@facewright/core';
import { compileSampled, compileTraining, firstState, type StepExecutable } from '@facewright/training';

export interface BenchOptions {
  readonly engine: Engine;
  readonly model: Model;
  readonly loss: Loss;
  /** Name of the loss, for the result. */
  readonly lossName: string;
  readonly optimiser: Optimiser;
  readonly classes: number;
  /** Images per step. */
  readonly batch: number;
  /** Number of micro-batches per step. */
  readonly parts: number;
  /** Steps that are measured, after two warm-up steps. */
  readonly steps: number;
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
}

export interface BenchResult {
  readonly backend: string;
  /**
   * How this step ran: the engine's name for its compilation method (`std`, `blocked`, `wgsl`, `function`), or `eager`
   * for op by op.
   */
  readonly lowering: string;
  readonly loss: string;
  readonly batch: number;
  /** From the median step time. */
  readonly imagesPerSecond: number;
  /** Time of the warm-up steps, which capture and compile. */
  readonly warmUpSeconds: number;
  /** Of the device if the engine can tell, otherwise of the whole process since its start. */
  readonly peakMemoryBytes: number;
}

const WARM_UP = 2;
const KILOBYTE = 1024;

export async function benchTrain({
  engine,
  model,
  loss,
  lossName,
  optimiser,
  classes,
  batch,
  parts,
  steps,
  emit,
  signal,
}: BenchOptions): Promise<BenchResult> {
  const random = createRandom('bench');
  const { state } = firstState(model, { loss, optimiser }, classes, random);
  const { rate, ...sent } = randomBatch(model, classes, batch, engine.bytes);
  const compile = (part: HostTensors): Executable =>
    compileTraining({ engine, name: 'bench', model, loss, optimiser, parts, state: part });
  const executable: StepExecutable = loss.sampled
    ? compileSampled({ loss, identities: classes, batch, state, random: random.fork('sampled'), compile })
    : compile(state);
  const milliseconds: number[] = [];
  const begin = performance.now();
  let warmUpSeconds = 0;
  try {
    for (let step = 0; step < WARM_UP + steps; step++) {
      throwIfAborted(signal);
      const start = performance.now();
      if (step === WARM_UP) warmUpSeconds = (start - begin) / 1000;
      const running = executable.run({ rate, ...sent }, step);
      // as in training, the next batch travels while this one is computed
      executable.send?.(sent);
      await running;
      if (step >= WARM_UP) milliseconds.push(performance.now() - start);
      emit?.('progress', { task: 'bench', done: step + 1, total: WARM_UP + steps, unit: 'steps' });
    }
  } finally {
    executable.dispose();
  }
  const median = milliseconds.sort((a, b) => a - b)[Math.floor(steps / 2)];
  return {
    backend: engine.name,
    lowering: executable.lowering ?? 'unknown',
    loss: lossName,
    batch,
    imagesPerSecond: (1000 * batch) / median,
    warmUpSeconds,
    peakMemoryBytes: engine.peakBytes?.() ?? process.resourceUsage().maxRSS * KILOBYTE,
  };
}

function randomBatch(
  { inputSize: [height, width] }: Model,
  classes: number,
  batch: number,
  bytes = false,
): InputTensors {
  const random = createRandom('bench/images');
  const shape = [batch, height, width, 3];
  const length = batch * height * width * 3;
  const images = bytes
    ? byteTensor(
        shape,
        Uint8Array.from({ length }, () => random.integer(256)),
      )
    : hostTensor(
        shape,
        Float32Array.from({ length }, () => 2 * random.uniform() - 1),
      );
  return {
    images,
    ...(bytes && {
      mirrored: byteTensor(
        [batch],
        Uint8Array.from({ length: batch }, (_, i) => i % 2),
      ),
    }),
    labels: hostTensor(
      [batch],
      Int32Array.from({ length: batch }, () => Math.floor(classes * random.uniform())),
    ),
    rate: hostScalar(0.1),
  };
}
