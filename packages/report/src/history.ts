/**
 * Summarises a run's events. A resumed run reports some of its steps twice: everything after the checkpoint it resumed
 * from is dropped here, so curves and figures are those of the training that produced the model.
 */
import type { EventType, RunEvent } from '@facewright/core';

export interface History {
  /** The most recent start; a resumed run has several. */
  started?: RunEvent<'run.started'>;
  finished?: RunEvent<'run.finished'>;
  engines: RunEvent<'engine.opened'>[];
  notices: RunEvent<'notice'>[];
  /** The first of them; the dataset lists them all. */
  exclusions: RunEvent<'prepare.excluded'>[];
  /** Photos left out. */
  excluded: number;
  prepared?: RunEvent<'prepare.finished'>;
  training?: RunEvent<'train.started'>;
  trained?: RunEvent<'train.finished'>;
  stages: { started?: RunEvent<'stage.started'>; finished?: RunEvent<'stage.finished'> }[];
  steps: RunEvent<'train.step'>[];
  validations: RunEvent<'train.validation'>[];
  evaluated?: RunEvent<'evaluate.finished'>;
}

/** Rows of the list of photos left out. */
const MOST_EXCLUSIONS = 2000;

export function historyOf(events: Iterable<RunEvent>): History {
  const history: History = {
    engines: [],
    notices: [],
    exclusions: [],
    excluded: 0,
    stages: [],
    steps: [],
    validations: [],
  };
  const stage = (index: number): History['stages'][number] => (history.stages[index] ??= {});
  const readers: { [T in EventType]?: (event: RunEvent<T>) => void } = {
    'run.started': (event) => {
      history.started = event;
      if (history.prepared) return;
      // an interrupted preparation starts again and reports its exclusions again
      history.exclusions = [];
      history.excluded = 0;
    },
    'run.finished': (event) => (history.finished = event),
    'engine.opened': (event) => {
      if (!history.engines.some((known) => known.name === event.name && known.purpose === event.purpose))
        history.engines.push(event);
    },
    notice: (event) => {
      if (!history.notices.some((known) => known.message === event.message)) history.notices.push(event);
    },
    'prepare.excluded': (event) => {
      history.excluded++;
      if (history.exclusions.length < MOST_EXCLUSIONS) history.exclusions.push(event);
    },
    'prepare.finished': (event) => {
      history.prepared = event;
      // a log may hold the first of them alone
      history.excluded = event.summary.dropped;
    },
    'train.started': (event) => {
      history.training = event;
      const last = event.resumedAt ?? -1;
      history.steps = history.steps.filter(({ step }) => step <= last);
      history.validations = history.validations.filter(({ step }) => step <= last);
      if (event.resumedAt === undefined) history.stages = [];
      history.trained = undefined;
      history.evaluated = undefined;
    },
    'stage.started': (event) => {
      if (event.head === 'resumed') {
        history.stages.length = Math.min(history.stages.length, event.stage + 1);
        stage(event.stage).started ??= event;
        stage(event.stage).finished = undefined;
      } else stage(event.stage).started = event;
    },
    'stage.finished': (event) => (stage(event.stage).finished = event),
    'train.step': (event) => history.steps.push(event),
    'train.setback': ({ backTo }) => {
      history.steps = history.steps.filter(({ step }) => step <= backTo);
      history.validations = history.validations.filter(({ step }) => step <= backTo);
    },
    'train.validation': (event) => history.validations.push(event),
    'train.finished': (event) => (history.trained = event),
    'evaluate.finished': (event) => (history.evaluated = event),
  };
  for (const event of events) (readers[event.type] as ((event: RunEvent) => void) | undefined)?.(event);
  history.stages = Array.from(history.stages, (entry) => entry ?? {});
  return history;
}
