/** The state that a bad step or a lost device goes back to, and the checkpoints that keep it. */
import type { HostTensors } from '@facewright/core';
import { underOwnName, type Checkpoint, type Position } from '../checkpoint/checkpoints.js';
import type { StageStart } from './hand-over.js';
import { nextRate, type Stage, type Training } from './training.js';

type ReadState = () => Promise<HostTensors>;

export class ReturnPoint {
  /** Times that the device was lost since this is the point to return to. */
  losses = 0;

  private constructor(
    private readonly training: Training,
    private readonly stage: Stage,
    private good: Checkpoint,
    private goodIsSaved: boolean,
    private newest: number | undefined,
  ) {}

  /** The start of the stage, or the checkpoint that the resumed one names as its anchor. */
  static async open(training: Training, stage: Stage, start: StageStart): Promise<ReturnPoint> {
    const anchor = start.anchor === undefined ? undefined : await training.checkpoints.at(start.anchor);
    return new ReturnPoint(training, stage, anchor ?? start, start.head === undefined, start.savedAt);
  }

  get checkpoint(): Checkpoint {
    return this.good;
  }

  /** Step of the newest checkpoint that leads to where the training is. */
  get savedAt(): number | undefined {
    return this.newest;
  }

  /** The position to go back to. Setbacks are remembered: they lower the rate. */
  goBack(setbacks: number): Position {
    const { position } = this.good;
    this.newest = this.goodIsSaved ? position.step : undefined;
    return { ...position, record: { ...position.record, setbacks } };
  }

  /** Writes a checkpoint in turn; it is the point to return to from now on. */
  async save(position: Position, readState: ReadState): Promise<void> {
    if (this.newest === position.step && this.good.position.step === position.step) return;
    this.good = { position, state: await readState() };
    this.goodIsSaved = true;
    this.losses = 0;
    await this.write(this.good);
  }

  /** Writes a checkpoint out of turn. The point to return to stays: the checkpoint names it, so it is written first if it was not yet. */
  async saveOutOfTurn(position: Position, readState: ReadState): Promise<void> {
    if (this.newest === position.step) return;
    const state = await readState();
    if (!this.goodIsSaved) await this.write(this.good);
    this.goodIsSaved = true;
    await this.write({ state, position: { ...position, anchor: this.good.position.step } });
  }

  private async write(checkpoint: Checkpoint): Promise<void> {
    const { checkpoints, batches, modelReference, alignment } = this.training;
    const { step, record } = checkpoint.position;
    await checkpoints.write(checkpoint, {
      epoch: Math.floor(step / batches.perEpoch),
      batchInEpoch: step % batches.perEpoch,
      rate: nextRate(this.training, this.stage, record),
      about: { model: modelReference, alignment, loss: underOwnName(this.stage.config.loss, this.stage.name) },
    });
    this.newest = step;
  }
}
