/** Images per second, recent for the display and overall for the record; and how the time of each step is spent. */
import type { StepTime } from '@facewright/core';

export interface Throughput {
  /** Call at the end of each step. */
  count(images: number): void;
  /** Over the most recent steps. */
  recent(): number;
  /** Over all counted steps, including the time between them (validation, checkpoints). */
  overall(): number;
  seconds(): number;
}

const STEPS = 20;

export function createThroughput(now: () => number = () => performance.now()): Throughput {
  const start = now();
  let total = 0;
  let marks = [{ at: start, total: 0 }];
  const perSecond = (images: number, ms: number): number => (ms > 0 ? (images * 1000) / ms : 0);
  return {
    count(images) {
      total += images;
      marks = [...marks, { at: now(), total }].slice(-STEPS - 1);
    },
    recent: () => perSecond(marks[marks.length - 1].total - marks[0].total, marks[marks.length - 1].at - marks[0].at),
    overall: () => perSecond(total, marks[marks.length - 1].at - start),
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
