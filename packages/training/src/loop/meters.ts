/** Images per second, recent for the display and overall for the record; and how the time of each step is spent. */
import type { StepTime } from '@facewright/core';

export interface Throughput {
  /** Call at the start of each stage, whose first step includes compilation. */
  beginStage(): void;
  /** Call at the end of each step. */
  count(images: number): void;
  /** Over the most recent steps. A stage's first step counts only until there are others. */
  recent(): number;
  /** The same as a basis for estimates: undefined after a stage's first step. */
  steady(): number | undefined;
  /** Over all counted steps, including the time between them (validation, checkpoints). */
  overall(): number;
  seconds(): number;
}

const STEPS = 20;

export function createThroughput(now: () => number = () => performance.now()): Throughput {
  const start = now();
  let total = 0;
  let begin = { at: start, total: 0 };
  /** The ends of the stage's most recent steps. */
  let marks: (typeof begin)[] = [];
  const last = () => marks.at(-1) ?? begin;
  const perSecond = (images: number, ms: number): number => (ms > 0 ? (images * 1000) / ms : 0);
  const between = (first: typeof begin): number => perSecond(last().total - first.total, last().at - first.at);
  return {
    beginStage() {
      begin = { at: now(), total };
      marks = [];
    },
    count(images) {
      total += images;
      marks = [...marks, { at: now(), total }].slice(-STEPS - 1);
    },
    recent: () => between(marks.length > 1 ? marks[0] : begin),
    steady: () => (marks.length > 1 ? between(marks[0]) : undefined),
    overall: () => perSecond(total, last().at - start),
    seconds: () => (now() - start) / 1000,
  };
}

export interface StepClock {
  /** Call these when a step begins, when its batch is ready, and when its outputs are. */
  began(): void;
  loaded(): void;
  computed(): void;
  /** The last step's times; call after `computed`. */
  step(): StepTime;
}

/** A step's `other` is the time between the previous step and this one; 0 for the first step. */
export function createStepClock(now: () => number = () => performance.now()): StepClock {
  let [former, began, loaded, computed] = [0, 0, 0, 0];
  const rounded = (ms: number): number => Math.round(ms * 100) / 100;
  return {
    began() {
      former = computed;
      began = now();
    },
    loaded: () => void (loaded = now()),
    computed: () => void (computed = now()),
    step: () => ({
      data: rounded(loaded - began),
      compute: rounded(computed - loaded),
      other: rounded(former ? began - former : 0),
    }),
  };
}

/** For one run of a training. */
export interface Meters {
  readonly throughput: Throughput;
  readonly clock: StepClock;
}

export const startMeters = (): Meters => ({ throughput: createThroughput(), clock: createStepClock() });
