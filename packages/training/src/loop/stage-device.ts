/**
 * A stage's training step and validation on the device. Recompiled when frozen layers thaw, and after a lost device
 * comes back.
 */
import type { Executable, HostTensors, InputTensors, Random } from '@facewright/core';
import { compileClusterTraining } from '../cluster/step.js';
import type { Checkpoint } from '../checkpoint/checkpoints.js';
import { createValidator, type Validation, type Validator } from '../evaluation/validate.js';
import { frozenParameters } from '../step/freeze.js';
import { isScaler } from '../step/loss-scale.js';
import { compileTraining } from '../step/micro-batches.js';
import {
  classesInStep,
  compileSampled,
  createClassSampler,
  SampledStep,
  type StepExecutable,
} from '../step/sampled-head.js';
import { isParameter } from '../step/step.js';
import { recoverable } from './device-loss.js';
import { hostMemory } from './host-memory.js';
import type { Stage, Training } from './training.js';

export class StageDevice {
  private readonly frozen?: ReadonlySet<string>;
  /** The state entries that validation needs. */
  private readonly weights: readonly string[];
  private executable: StepExecutable;
  private readonly hostBytes: number;
  private validator: Validator;
  private isFrozen: boolean;

  constructor(
    private readonly training: Training,
    private readonly stage: Stage,
    { position, state }: Checkpoint,
  ) {
    const names = Object.keys(state);
    const { freeze } = stage.config;
    this.frozen = freeze && frozenParameters(freeze, names.filter(isParameter), training.model);
    this.weights = names.filter((name) => !name.startsWith('memory/') && !isScaler(name));
    this.isFrozen = this.frozenAt(position.record.steps);
    const { model, set } = training;
    const images = set.training.length + set.validation.length;
    this.hostBytes = hostMemory({ state, loss: stage.loss, model, images });
    this.executable = this.compile(state);
    this.validator = this.openValidator();
  }

  /** `step` is counted from 0 over the whole training. */
  run(inputs: InputTensors, step: number): Promise<HostTensors> {
    return this.executable.run(inputs, step);
  }

  /** Starts copying the next step's batch to the device while this step runs, once the batch is read. */
  send(batch: Promise<InputTensors>): void {
    const { executable } = this;
    // a batch that cannot be read is reported by its step
    if (executable.send) void batch.then((tensors) => executable.send!(tensors)).catch(() => undefined);
  }

  readState(): Promise<HostTensors> {
    return this.executable.readState();
  }

  writeState(state: HostTensors): Promise<void> {
    return this.executable.writeState(state);
  }

  async validate(): Promise<Validation> {
    const { executable, weights } = this;
    const columns = executable instanceof SampledStep ? executable.columns : undefined;
    const state = await executable.readState(columns ? weights.filter((name) => !columns.has(name)) : weights);
    return this.validator.measure(state, columns);
  }

  /** Freezes or thaws layers as the stage specifies after this many of its steps. */
  async freezeAt(steps: number): Promise<void> {
    if (this.frozenAt(steps) === this.isFrozen) return;
    const state = await this.executable.readState();
    this.executable.dispose();
    this.isFrozen = this.frozenAt(steps);
    this.executable = this.compile(state);
  }

  /**
   * Recovers a lost device and restores the checkpoint on it; throws `error` if that fails. `losses` counts them,
   * including this one.
   */
  async recover(error: unknown, losses: number, { position, state }: Checkpoint): Promise<string> {
    const { engine, cluster } = this.training;
    // the others cannot go back on their own, so the loss ends them all
    if (cluster.size > 1) throw error;
    const { what } = recoverable(error, engine, losses);
    this.dispose();
    await engine.recover!();
    this.isFrozen = this.frozenAt(position.record.steps);
    this.executable = this.compile(state);
    this.validator = this.openValidator();
    return what;
  }

  dispose(): void {
    this.executable.dispose();
    this.validator.dispose();
  }

  private frozenAt(steps: number): boolean {
    return this.frozen !== undefined && steps < (this.stage.config.freeze?.steps ?? Infinity);
  }

  private compile(state: HostTensors): StepExecutable {
    const { loss } = this.stage;
    if (!loss.sampled) return this.compileWhole(state);
    const { set, batches } = this.training;
    return compileSampled({
      loss,
      identities: set.identities.length,
      batch: batches.size,
      state,
      random: this.random,
      compile: (part) => this.compileWhole(part),
    });
  }

  /** The stream of the stage that draws the classes of a step. */
  private get random(): Random {
    return this.training.random.fork('sampled classes', this.stage.index);
  }

  private compileWhole(state: HostTensors): Executable {
    const { engine, model, parts, batches, cluster } = this.training;
    const { name, loss, optimiser, config } = this.stage;
    const options = {
      engine,
      name: `training with ${name}`,
      model,
      loss,
      optimiser,
      clipNorm: config.clipNorm,
      frozen: this.isFrozen ? this.frozen : undefined,
      state,
      hostBytes: this.hostBytes,
    };
    return cluster.size > 1 || cluster.ordered
      ? compileClusterTraining({ ...options, cluster, batch: { size: batches.size, parts } })
      : compileTraining({ ...options, parts });
  }

  private openValidator(): Validator {
    const { engine, model, set, store, batches, parts, cluster } = this.training;
    const { loss } = this.stage;
    return createValidator({
      engine,
      cluster,
      model,
      loss,
      samples: set.validation,
      store,
      batch: batches.size / parts,
      ...(loss.sampled && {
        sampling: {
          sample: createClassSampler(
            set.identities.length,
            classesInStep(loss.sampled.rate, set.identities.length, batches.size),
          ),
          random: this.random.fork('validation'),
        },
      }),
    });
  }
}
