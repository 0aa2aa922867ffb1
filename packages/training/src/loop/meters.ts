/** Images a second, over the last steps for the display and over all of them for the record; and where the time of a step went. */
import type { StepTime } from '@facewright/core';

export interface Throughput {
  /** Call at the end of each step. */
  count(images: number): void;
  /** Over the last steps. */
  recent(): number;
  /** Over all counted steps, the time between them (validation, checkpoints) included. */
  overall(): number;
  seconds(): number;
}

const STEPS = 20;

function createThroughput(now: () => number = () => performance.now()): Throughput {
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
  /** Called when a step begins, when its batch is there, and when its outputs are. */
  began(): void;
  loaded(): void;
  computed(): void;
  /** The last step, to be asked for after `computed`. */
  step(): StepTime;
}

/** `other` of a step is what lies between the step before and it: the first step has none. */
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

/** Of one run of a training. */
export interface Meters {
  readonly throughput: Throughput;
  readonly clock: StepClock;
}

export const startMeters = (): Meters => ({ throughput: createThroughput(), clock: createStepClock() });
