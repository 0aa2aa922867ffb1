/** Decides when a training stage ends. Criteria are pure functions over plain data. Their memory is saved in checkpoints, so a resumed stage ends at the same step. */

/** What a criterion remembers: JSON, and nothing else. */
export type CriterionMemory = Readonly<Record<string, unknown>>;

/** What is known after a step. */
export interface CriterionStep {
  /** Steps of the stage done, this one included. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** Of this step's batch, with the margin. */
  readonly loss: number;
  /** Of this step's batch in [0, 1], without the margin. */
  readonly accuracy: number;
  /** The rate still rises to its first value. */
  readonly warmingUp: boolean;
  /** Measured after this step, on photos that are not trained on; `accuracy` in [0, 1], without the margin. */
  readonly validation?: { readonly loss: number; readonly accuracy: number };
}

export interface Criterion<Memory extends CriterionMemory = CriterionMemory> {
  /** What it remembers before the first step of a stage. */
  begin(): Memory;
  /** What it remembers after one more step; `memory` is left as it was. */
  observe(memory: Memory, step: CriterionStep): Memory;
  /** The evidence on which the stage ends here, for the log and the report; nothing where it goes on. */
  verdict(memory: Memory): Readonly<Record<string, unknown>> | undefined;
  /** A line for people where a step brought something worth telling; `former` is the memory before it. */
  remark?(memory: Memory, former: Memory): string | undefined;
  /** The most steps that a stage takes by it, where that is known. */
  limit?(stepsPerEpoch: number): number | undefined;
  /** The fewest steps that a stage still takes by it. Without it a stage may end at any step, so a time left is told as "at most". */
  least?(memory: Memory, stepsPerEpoch: number): number;
  /** It decides on validation: a training without validation photos is refused. */
  readonly needsValidation?: boolean;
}
