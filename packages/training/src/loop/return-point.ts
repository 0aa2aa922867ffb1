/** The state to return to after a bad step or a lost device, and the checkpoints that store it. */
import type { HostTensors } from '@facewright/core';
import { fromFirst, requireSameState, tensorsFromFirst } from '../cluster/agree.js';
import { underOwnName, type Checkpoint, type Position } from '../checkpoint/checkpoints.js';
import type { StageStart } from './hand-over.js';
import { nextRate, type Stage, type Training } from './training.js';

type ReadState = () => Promise<HostTensors>;

export class ReturnPoint {
  /** How often the device was lost since this became the return point. */
  losses = 0;

  private constructor(
    private readonly training: Training,
    private readonly stage: Stage,
    private good: Checkpoint,
    private goodIsSaved: boolean,
    private newest: number | undefined,
  ) {}

  /** At the start of the stage, or at the checkpoint that the resumed one names as its anchor. */
  static async open(training: Training, stage: Stage, start: StageStart): Promise<ReturnPoint> {
    const anchor = start.anchor === undefined ? undefined : await anchorOf(training, start.anchor);
    return new ReturnPoint(training, stage, anchor ?? start, start.head === undefined, start.savedAt);
  }

  get checkpoint(): Checkpoint {
    return this.good;
  }

  /** Step of the newest checkpoint on the way to the current position. */
  get savedAt(): number | undefined {
    return this.newest;
  }

  /** The position to return to. It keeps the setbacks, which lower the learning rate. */
  goBack(setbacks: number): Position {
    const { position } = this.good;
    this.newest = this.goodIsSaved ? position.step : undefined;
    return { ...position, record: { ...position.record, setbacks } };
  }

  /** Writes a regular checkpoint, which becomes the return point. */
  async save(position: Position, readState: ReadState): Promise<void> {
    if (this.newest === position.step && this.good.position.step === position.step) return;
    this.good = { position, state: await readState() };
    this.goodIsSaved = true;
    this.losses = 0;
    await this.write(this.good);
  }

  /**
   * Writes a checkpoint outside the regular interval. The return point does not change; the new checkpoint names it, so
   * it is written first if necessary.
   */
  async saveOutOfTurn(position: Position, readState: ReadState): Promise<void> {
    if (this.newest === position.step) return;
    const state = await readState();
    if (!this.goodIsSaved) await this.write(this.good);
    this.goodIsSaved = true;
    await this.write({ state, position: { ...position, anchor: this.good.position.step } });
  }

  private async write(checkpoint: Checkpoint): Promise<void> {
    const { checkpoints, batches, modelReference, alignment, cluster } = this.training;
    const { step, record } = checkpoint.position;
    await requireSameState(cluster, checkpoint.state, step);
    this.newest = step;
    if (cluster.rank > 0) return;
    await checkpoints.write(checkpoint, {
      epoch: Math.floor(step / batches.perEpoch),
      batchInEpoch: step % batches.perEpoch,
      rate: nextRate(this.training, this.stage, record),
      about: { model: modelReference, alignment, loss: underOwnName(this.stage.config.loss, this.stage.name) },
    });
  }
}

/** The checkpoint that a resumed one goes back to, as rank 0 reads it; undefined if it is damaged. */
async function anchorOf({ checkpoints, cluster }: Training, step: number): Promise<Checkpoint | undefined> {
  if (cluster.size === 1) return checkpoints.at(step);
  const own = cluster.rank === 0 ? await checkpoints.at(step) : undefined;
  const position = await fromFirst(cluster, own?.position);
  return position && { position, state: await tensorsFromFirst(cluster, own?.state) };
}
