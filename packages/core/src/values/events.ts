/** All events of a run in one stream. `events.jsonl`, the console, the report and TensorBoard consume it. */
import type { GroupFigures, Identification } from './evaluation.js';
import type { Exclusion, PreparationSummary } from './dataset.js';

/** Event types of this version. `Events[T]` is the payload besides `type` and `at`. */
export interface Events {
  /** `config` holds each part with its options; `parts` adds versions and packages. */
  'run.started': {
    command: string;
    seed: number;
    config: unknown;
    parts?: readonly unknown[];
    versions: Record<string, string>;
  };
  'run.finished': { seconds: number };
  /**
   * Long work, shown as a bar with rate and remaining time. `total` is missing if unknown. `least` is the minimum for
   * work that may end before `total`.
   */
  progress: {
    task: string;
    done: number;
    total?: number;
    least?: number;
    unit: string;
    perSecond?: number;
    text?: string;
  };
  notice: { level: 'info' | 'warning'; message: string; todo?: string };
  'engine.opened': { name: string; device: string; purpose: string };
  /** A step runs op by op on a compiling engine, because `missing` has no lowering. */
  'engine.fallback': { name: string; step: string; missing: string };
  'engine.compiled': { name: string; step: string; seconds: number; nodes?: number };
  'prepare.excluded': Exclusion;
  'prepare.finished': {
    summary: PreparationSummary;
    directory: string;
    photosPerSecond: number;
    throughput?: PreparationThroughput;
  };
  'train.started': { identities: number; images: number; validation: number; parameters: number; resumedAt?: number };
  'stage.started': {
    stage: number;
    loss: string;
    optimiser: string;
    step: number;
    head: 'fresh' | 'adopted' | 'resumed';
  };
  /**
   * `gradientNorm` is measured before clipping; `clipped` is set if it exceeded the stage's `clipNorm`. Neither loss
   * nor norm is scaled. `lossScale` is set if the engine computes in float16. An update whose scaled gradients
   * overflowed is `skipped` and has no `gradientNorm`.
   */
  'train.step': {
    stage: number;
    step: number;
    epoch: number;
    loss: number;
    accuracy: number;
    rate: number;
    imagesPerSecond: number;
    gradientNorm?: number;
    clipped?: boolean;
    lossScale?: { scale: number; skipped: boolean };
    time?: StepTime;
  };
  /**
   * Loss or gradient was NaN or infinite at `step`. Training continues from step `backTo` at `rateFactor` times the
   * learning rate. `images` are those of the failed step.
   */
  'train.setback': {
    stage: number;
    step: number;
    backTo: number;
    rateFactor: number;
    tensor: string;
    images: readonly string[];
  };
  'train.validation': { stage: number; step: number; loss: number; accuracy: number; images: number };
  /** `evidence` is what the criterion based its decision on, e.g. window means and the gain between them. */
  'stage.finished': {
    stage: number;
    loss: string;
    steps: number;
    finalLoss: number;
    endedBecause: string;
    evidence: Record<string, unknown>;
  };
  'checkpoint.written': { path: string; stage: number; step: number };
  'train.finished': { steps: number; seconds: number; imagesPerSecond: number; directory: string };
  'evaluate.finished': {
    verification: Verification;
    directory?: string;
    /** Number of people who were held out of training and compared. Missing if the pairs come from elsewhere. */
    heldOut?: number;
    people?: PeopleMap;
    groups?: GroupFigures;
    identification?: Identification;
  };
}

/**
 * How the time since the previous step was spent, in ms: waiting for the batch, the step itself, and the rest
 * (validation, checkpoints, events).
 */
export interface StepTime {
  readonly data: number;
  readonly compute: number;
  readonly other: number;
}

/** Embeddings of some people projected onto a plane, similar ones close together. */
export interface PeopleMap {
  /** Projection method. */
  readonly method: string;
  readonly people: readonly {
    readonly identity: string;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
}

/** How the time of a preparation was spent. */
export interface PreparationThroughput {
  readonly photosPerSecond: number;
  /** Number of worker threads; 0 if everything ran in the main thread. */
  readonly workers: number;
  /** Seconds per stage, summed over all threads: read, decode, detect, align, augment, encode, write. */
  readonly stages: Readonly<Record<string, number>>;
}

export interface Verification {
  readonly pairs: number;
  /** Number of pairs of each kind. */
  readonly same: number;
  readonly different: number;
  /**
   * Mean over the folds, in [0, 1], and the standard deviation with divisor n, as in the LFW protocol's published code.
   */
  readonly accuracy: number;
  readonly std: number;
  readonly foldAccuracies: readonly number[];
  /** Cosine similarity at or above which two photos count as the same person. */
  readonly threshold: number;
  /** Equal error rate: where the false reject rate equals the false accept rate. */
  readonly eer: number;
  /** Area under the curve: the probability that a same-person pair scores above a different-person pair. */
  readonly auc: number;
  /**
   * True accept rate by false accept rate, e.g. `{ "1e-3": 0.98 }`. `null` if there are fewer than 1 / FAR
   * different-person pairs.
   */
  readonly tarAtFar: Readonly<Record<string, number | null>>;
  /** The same, with the threshold to use and the number of different-person pairs accepted at it. */
  readonly operatingPoints: readonly {
    readonly far: string;
    readonly threshold: number | null;
    readonly tar: number | null;
    readonly falseAccepts: number | null;
  }[];
  /** Points of the ROC curve, for the report. */
  readonly roc: readonly { readonly far: number; readonly tar: number; readonly threshold: number }[];
  readonly folds: number;
  /** Pairs skipped because an image could not be read. */
  readonly skipped: number;
}

export type EventType = keyof Events;
export type RunEvent<T extends EventType = EventType> = {
  [K in T]: { readonly type: K; /** milliseconds since 1970 */ readonly at: number } & Readonly<Events[K]>;
}[T];
export type Emit = <T extends EventType>(type: T, event: Events[T]) => void;
export type EventReader = (event: RunEvent) => void;

export interface EventStream {
  readonly emit: Emit;
  /** Returns a function that unsubscribes. */
  subscribe(reader: EventReader): () => void;
}

export function createEventStream(): EventStream {
  const readers = new Set<EventReader>();
  return {
    emit: (type, event) => {
      const whole = { type, at: Date.now(), ...event } as RunEvent;
      for (const reader of readers) reader(whole);
    },
    subscribe: (reader) => {
      readers.add(reader);
      return () => readers.delete(reader);
    },
  };
}
