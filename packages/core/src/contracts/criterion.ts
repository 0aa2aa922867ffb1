/** Decides when a training stage ends. Criteria are pure functions over plain data. Their memory is saved in checkpoints, so a resumed stage ends at the same step. */

/** A criterion's memory: plain JSON. */
export type CriterionMemory = Readonly<Record<string, unknown>>;

/** What is known after a step. */
export interface CriterionStep {
  /** Steps of the stage so far, including this one. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** Loss of this step's batch, with the margin. */
  readonly loss: number;
  /** Accuracy on this step's batch in [0, 1], without the margin. */
  readonly accuracy: number;
  /** Whether the learning rate is still warming up. */
  readonly warmingUp: boolean;
  /** Measured after this step on held-out photos. `accuracy` is in [0, 1], without the margin. */
  readonly validation?: { readonly loss: number; readonly accuracy: number };
}

export interface Criterion<Memory extends CriterionMemory = CriterionMemory> {
  /** Memory before the first step of a stage. */
  begin(): Memory;
  /** Memory after one more step. Does not modify `memory`. */
  observe(memory: Memory, step: CriterionStep): Memory;
  /** The evidence for ending the stage here, for the log and the report; undefined if the stage continues. */
  verdict(memory: Memory): Readonly<Record<string, unknown>> | undefined;
  /** A message about this step if something noteworthy happened. `former` is the memory before it. */
  remark?(memory: Memory, former: Memory): string | undefined;
  /** Upper bound on the stage's steps, if there is one. */
  limit?(stepsPerEpoch: number): number | undefined;
  /**
   * Fewest steps the stage will still take, `warmUpLeft` of them while the learning rate warms up. Without it the stage
   * may end at any step, so remaining time is shown as "at most".
   */
  least?(memory: Memory, stepsPerEpoch: number, warmUpLeft: number): number;
  /** Set if it uses validation. Training without validation photos then fails. */
  readonly needsValidation?: boolean;
}
