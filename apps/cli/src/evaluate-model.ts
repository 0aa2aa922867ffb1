/** An evaluation from the model to its report. */
import { basename, join, resolve } from 'node:path';
import { createEventStream, messageOf, parseRunConfig, type EventStream, type RunEvent } from '@facewright/core';
import { writeFileAtomic } from '@facewright/platform/node';
import {
  backendFor,
  compose,
  evaluationDocument,
  figuresByGroup,
  picturesOf,
  readGroups,
  versions,
  writeEvaluation,
} from '@facewright/run';
import { reportPage } from '@facewright/report';
import { createEmbedder, loadModelFiles, metricsOf, recordMetrics } from '@facewright/training';
import { builtins } from './builtins.js';
import { configOf } from './config-of.js';
import { evaluateOnDataset, evaluateOnLists, hintText, type Evaluated } from './evaluate-target.js';
import type { Target } from './evaluation-target.js';
import { evaluationText } from './evaluation-text.js';
import { fileLink } from './links.js';
import type { EvaluateOptions } from './actions/evaluate.js';
import type { Outcome, Session } from './session.js';

export async function evaluateModel(target: Target, options: EvaluateOptions, session: Session): Promise<Outcome> {
  const groups = target.groups === undefined ? undefined : await readGroups(target.groups);
  const files = await loadModelFiles(target.model);
  const events = createEventStream();
  const told: RunEvent[] = [];
  events.subscribe(session.onEvent);
  events.subscribe((event) => void (event.type !== 'progress' && told.push(event)));
  const { given, baseDirectory, where } = await configOf({ ...options, data: undefined, out: undefined });
  const modelOf = { model: files.card.model, where: join(target.model, 'model.json') };
  const scope = { builtins, events, signal: session.signal, baseDirectory, where, plugins: [], modelOf };
  const config = parseRunConfig({ ...given, data: undefined }, where);
  const composition = await compose(config, await backendFor(config, scope), scope);
  events.emit('run.started', { command: 'evaluate', seed: config.seed, config: target, versions: versions() });
  const out = options.out === undefined ? undefined : resolve(options.out);
  const { open } = options;
  const ending: Ending = { session, target, groups, events, told, out, open, started: performance.now() };
  try {
    const embedder = createEmbedder({
      engine: await composition.engine(),
      model: await composition.model.make(),
      params: files.params,
      statistics: files.statistics,
      flip: options.flip,
    });
    const work = { composition, embedder, card: files.card };
    try {
      return target.data
        ? await evaluateOnDataset(target, work, (evaluated) => finish(evaluated, ending))
        : await evaluateOnLists(target, options.aligned, work, {
            use: (evaluated) => finish(evaluated, ending),
            nothing: (found) => writeNothing(target, found, out),
          });
    } finally {
      embedder.dispose();
    }
  } finally {
    await composition.dispose();
  }
}

interface Ending {
  readonly session: Session;
  readonly target: Target;
  /** Of images or people. */
  readonly groups?: ReadonlyMap<string, string>;
  readonly events: EventStream;
  /** For the report. */
  readonly told: readonly RunEvent[];
  /** Where the report is written, if at all. */
  readonly out?: string;
  /** Open the report in the browser. */
  readonly open?: boolean;
  readonly started: number;
}

/** Prints, records and writes the results. */
async function finish<Key>(evaluated: Evaluated<Key>, ending: Ending): Promise<Outcome> {
  const { session, target, events, told, out, started } = ending;
  const { set, evaluation, read, skipped, hint, leftOut } = evaluated;
  const groups = ending.groups && figuresByGroup(set, evaluation, ending.groups);
  const seconds = (performance.now() - started) / 1000;
  const { verification, people, identification } = evaluation;
  if (verification) {
    events.emit('evaluate.finished', {
      verification,
      ...(people && { people }),
      ...(out && { directory: out }),
      ...(groups && { groups }),
      ...(identification && { identification }),
    });
    await recordMetrics(
      target.model,
      metricsOf(verification, nameOf(target), { thresholds: !target.flip && !target.templates }),
    ).catch((error: unknown) =>
      events.emit('notice', {
        level: 'warning',
        message: `Could not record the accuracy in the model's card: ${messageOf(error)}`,
      }),
    );
  } else
    events.emit('notice', {
      level: 'warning',
      message: 'The pairs are all of one kind, or too few, so there are only scores and no accuracy.',
      todo: 'Use pairs of the same person and pairs of different people.',
    });
  events.emit('run.finished', { seconds });
  const json = {
    ...target,
    ...evaluationDocument(evaluation),
    ...(groups && { groups: { file: target.groups, ...groups } }),
    ...(leftOut && { leftOut }),
    skipped,
    ...(hint && { hint: hintText(hint) }),
    seconds,
  };
  if (out) {
    const pictures = await picturesOf(evaluation, read);
    await writeEvaluation({ directory: out, set, evaluation, pictures, document: json });
    await writeFileAtomic(join(out, 'report.html'), reportPage(told, { pairs: pictures }));
  }
  session.print(evaluationText(evaluation, { skipped, hint, leftOut, groups }));
  if (out) {
    const report = join(out, 'report.html');
    session.print(`report: ${fileLink(report)}`);
    if (ending.open) await (await import('./open-browser.js')).openPage(report, session.print);
  }
  return { json: { ...json, ...(out && { directory: out }) } };
}

/** The reasons, where no pair could be compared. */
async function writeNothing(
  target: Target,
  { skipped, hint }: Pick<Evaluated<string>, 'skipped' | 'hint'>,
  out: string | undefined,
): Promise<void> {
  if (out === undefined) return;
  const document = { ...target, verification: null, images: 0, skipped, ...(hint && { hint: hintText(hint) }) };
  await writeFileAtomic(join(out, 'evaluation.json'), `${JSON.stringify(document, null, 2)}\n`);
}

/** The name in the model's card for what the accuracy was measured on. */
function nameOf({ data, pairs, templates, without, flip }: Target): string {
  const parts = [basename(data ?? pairs ?? templates!)];
  if (data) parts.push('people held out');
  if (without !== undefined) parts.push(`without the people of ${basename(without)}`);
  if (flip) parts.push('with mirror images');
  return parts.join(', ');
}
