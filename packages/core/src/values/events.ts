/** All events of a run in one stream. `events.jsonl`, the console, the report and TensorBoard consume it. */
import type { Exclusion, PreparationSummary } from './dataset.js';

/** The events of this version by type; `Events[T]` is what comes beside `type` and `at`. */
export interface Events {
  /** `config` names each part with the options it has; `parts` adds versions and packages. */
  'run.started': {
    command: string;
    seed: number;
    config: unknown;
    parts?: readonly unknown[];
    versions: Record<string, string>;
  };
  'run.finished': { seconds: number };
  /**
   * Long work: shown as a bar with rate and remaining time; `total` is missing where it is not known. Work that may end before `total` gives the
   * fewest units it takes in all as `least`.
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
  /** A step runs op by op on an engine that compiles: `missing` has no lowering. */
  'engine.fallback': { name: string; step: string; missing: string };
  'engine.compiled': { name: string; step: string; seconds: number; nodes?: number };
  'prepare.excluded': Exclusion;
  'prepare.finished': {
    summary: Omit<PreparationSummary, 'exclusions'>;
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
   * `gradientNorm` is that before clipping; `clipped` is set where it was above the stage's `clipNorm`.
   * Neither loss nor norm is scaled; `lossScale` is there where the engine computes in float16, and an update is `skipped` whose scaled gradients
   * overflowed: it has no `gradientNorm`.
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
  /** The loss or a gradient was no number at `step`: the training goes on from `backTo` at `rateFactor` times the rate. `images` are those of the step. */
  'train.setback': {
    stage: number;
    step: number;
    backTo: number;
    rateFactor: number;
    tensor: string;
    images: readonly string[];
  };
  'train.validation': { stage: number; step: number; loss: number; accuracy: number; images: number };
  /** `evidence` is what the criterion saw when it decided, e.g. window means and the gain between them. */
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
  'evaluate.finished': { verification: Verification; directory?: string; people?: PeopleMap };
}

/** Where the time since the step before went, in ms: waiting for the batch, the step itself, all else (validation, checkpoints, the record). */
export interface StepTime {
  readonly data: number;
  readonly compute: number;
  readonly other: number;
}

/** Embeddings of some people laid out on a plane, near ones near each other. */
export interface PeopleMap {
  /** How the plane was made. */
  readonly method: string;
  readonly people: readonly {
    readonly identity: string;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
}

/** Where the time of a preparation went. */
export interface PreparationThroughput {
  readonly photosPerSecond: number;
  /** Worker threads; 0: all in the main thread. */
  readonly workers: number;
  /** Seconds of work by stage, summed over the threads: read, decode, detect, align, augment, encode, write. */
  readonly stages: Readonly<Record<string, number>>;
}

export interface Verification {
  readonly pairs: number;
  /** Pairs of each kind. */
  readonly same: number;
  readonly different: number;
  /** Mean over the folds, in [0, 1], and its standard deviation (n − 1 is not used: as in the LFW protocol's published code). */
  readonly accuracy: number;
  readonly std: number;
  readonly foldAccuracies: readonly number[];
  /** Cosine similarity from which two photos are called the same person. */
  readonly threshold: number;
  /** Equal error rate: where as many same pairs are refused as different ones accepted. */
  readonly eer: number;
  /** Area under the curve: the chance that a same pair scores above a different one. */
  readonly auc: number;
  /** True accept rate by false accept rate, e.g. `{ "1e-3": 0.98 }`; `null` where there are not enough different pairs: fewer than 1 / FAR. */
  readonly tarAtFar: Readonly<Record<string, number | null>>;
  /** The same with the threshold to use for it, and the number of different pairs accepted there, which the figure rests on. */
  readonly operatingPoints: readonly {
    readonly far: string;
    readonly threshold: number | null;
    readonly tar: number | null;
    readonly falseAccepts: number | null;
  }[];
  /** Points of the curve for the report. */
  readonly roc: readonly { readonly far: number; readonly tar: number; readonly threshold: number }[];
  readonly folds: number;
  /** Pairs left out because an image could not be read. */
  readonly skipped: number;
}

export type EventType = keyof Events;
export type RunEvent<T extends EventType = EventType> = {
  [K in T]: { readonly type: K; /** ms since 1970 */ readonly at: number } & Readonly<Events[K]>;
}[T];
export type Emit = <T extends EventType>(type: T, event: Events[T]) => void;
export type EventReader = (event: RunEvent) => void;

export interface EventStream {
  readonly emit: Emit;
  /** Returns the function that ends the subscription. */
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
