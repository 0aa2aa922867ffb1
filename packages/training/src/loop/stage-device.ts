/**
 * A stage's training step and validation on the device. Recompiled when frozen layers thaw, and after a lost device
 * comes back.
 */
import type { Executable, HostTensors } from '@facewright/core';
import type { Checkpoint } from '../checkpoint/checkpoints.js';
import { createValidator, type Validation, type Validator } from '../evaluation/validate.js';
import { frozenParameters } from '../step/freeze.js';
import { isScaler } from '../step/loss-scale.js';
import { compileTraining } from '../step/micro-batches.js';
import { isParameter } from '../step/step.js';
import { recoverable } from './device-loss.js';
import type { Stage, Training } from './training.js';

export class StageDevice {
  private readonly frozen?: ReadonlySet<string>;
  /** The state entries that validation needs. */
  private readonly weights: readonly string[];
  private executable: Executable;
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
    this.executable = this.compile(state);
    this.validator = this.openValidator();
  }

  run(inputs: HostTensors): Promise<HostTensors> {
    return this.executable.run(inputs);
  }

  readState(): Promise<HostTensors> {
    return this.executable.readState();
  }

  writeState(state: HostTensors): Promise<void> {
    return this.executable.writeState(state);
  }

  async validate(): Promise<Validation> {
    return this.validator.measure(await this.executable.readState(this.weights));
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
    const { engine } = this.training;
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

  private compile(state: HostTensors): Executable {
    const { engine, model, parts } = this.training;
    const { name, loss, optimiser, config } = this.stage;
    return compileTraining({
      engine,
      name: `training with ${name}`,
      model,
      loss,
      optimiser,
      clipNorm: config.clipNorm,
      frozen: this.isFrozen ? this.frozen : undefined,
      parts,
      state,
    });
  }

  private openValidator(): Validator {
    const { engine, model, set, store, batches, parts } = this.training;
    const { loss } = this.stage;
    return createValidator({ engine, model, loss, samples: set.validation, store, batch: batches.size / parts });
  }
}
