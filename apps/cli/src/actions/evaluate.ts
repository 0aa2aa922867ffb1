/** The work of `facewright evaluate`: how well a trained model tells people apart. */
import { basename, dirname, join, resolve } from 'node:path';
import {
  ALIGNER,
  createEventStream,
  DETECTOR,
  ENGINE,
  FacewrightError,
  messageOf,
  MODEL,
  parseRunConfig,
  RANDOM,
  type Random,
  type RgbImage,
  type RunEvent,
} from '@facewright/core';
import { writeFileAtomic } from '@facewright/platform/node';
import { openDataset, openImages, readPairs, readTemplates } from '@facewright/datasets';
import { reportPage } from '@facewright/report';
import {
  checkAlignment,
  createEmbedder,
  loadModelFiles,
  metricsOf,
  recordMetrics,
  type Embedder,
  type ModelCard,
} from '@facewright/training';
import {
  alignedImages,
  backendFor,
  compose,
  type Composition,
  evaluate,
  evaluateDrawn,
  type Evaluation,
  evaluationDocument,
  type PairSet,
  pairsOfFile,
  pairsOfTemplates,
  picturesOf,
  readRunRecord,
  type Scope,
  type ScoreSummary,
  type SkippedImage,
  versions,
  withoutPeople,
  writeEvaluation,
} from '@facewright/run';
import { builtins } from '../builtins.js';
import { configOf } from '../config-of.js';
import { withSession } from '../session.js';
import type { EvaluateOptions } from '../commands/evaluate.js';

export default (options: EvaluateOptions) =>
  withSession({ ...options, writes: options.out }, async ({ signal, onEvent, print }) => {
    const pairsPath = options.pairs && resolve(options.pairs);
    const imagesPath =
      options.images ??
      (options.templates === undefined && pairsPath?.toLowerCase().endsWith('.bin') ? pairsPath : undefined);
    if (!options.data && !((options.pairs || options.templates) && imagesPath)) {
      throw new FacewrightError({
        what: 'There is nothing to evaluate on.',
        where: 'the command line',
        todo: 'Give --pairs <file> (or --templates <file>) and --images <folder or zip>, or --data <dataset>.',
      });
    }
    const files = await loadModelFiles(resolve(options.model));
    const { card } = files;
    const events = createEventStream();
    const told: RunEvent[] = [];
    events.subscribe(onEvent);
    events.subscribe((event) => void (event.type !== 'progress' && told.push(event)));
    const { given, baseDirectory, where } = await configOf({ ...options, data: undefined, out: undefined });
    const modelOf = { model: card.model, where: join(resolve(options.model), 'model.json') };
    const scope: Scope = { builtins, events, signal, baseDirectory, where, plugins: [], modelOf };
    const config = parseRunConfig({ ...given, data: undefined }, where);
    const composition = await compose(config, await backendFor(config, scope), scope);
    const { container } = composition;
    const what = {
      model: resolve(options.model),
      ...(options.data
        ? { data: resolve(options.data) }
        : {
            pairs: pairsPath,
            templates: options.templates && resolve(options.templates),
            images: resolve(imagesPath!),
            ...(options.without !== undefined && { without: resolve(options.without) }),
          }),
      flip: options.flip ?? false,
    };
    events.emit('run.started', { command: 'evaluate', seed: config.seed, config: what, versions: versions() });
    const started = performance.now();
    const finish = async <Key>(
      set: PairSet<Key>,
      evaluation: Evaluation<Key>,
      read: (key: Key) => Promise<RgbImage | undefined>,
      skipped: readonly SkippedImage[],
    ) => {
      const seconds = (performance.now() - started) / 1000;
      const { verification, people } = evaluation;
      const directory = options.out === undefined ? undefined : resolve(options.out);
      if (verification)
        events.emit('evaluate.finished', {
          verification,
          ...(people && { people }),
          ...(directory && { directory }),
        });
      else
        events.emit('notice', {
          level: 'warning',
          message: 'The pairs are all of one kind, or too few: there is no accuracy to measure, only scores.',
          todo: 'Give pairs of one person and of two, some of each.',
        });
      if (verification) {
        const on = `${basename(options.data ?? options.pairs ?? options.templates!)}${options.data ? ', people held out' : ''}${options.without === undefined ? '' : `, without the people of ${basename(options.without)}`}${options.flip ? ', with mirror images' : ''}`;
        await recordMetrics(what.model, metricsOf(verification, on)).catch((error: unknown) =>
          events.emit('notice', {
            level: 'warning',
            message: `The accuracy is not recorded in the model's card: ${messageOf(error)}`,
          }),
        );
      }
      events.emit('run.finished', { seconds });
      const json = { ...what, ...evaluationDocument(evaluation), skipped, seconds };
      if (directory) {
        const pictures = await picturesOf(evaluation, read);
        await writeEvaluation({ directory, set, evaluation, pictures, document: json });
        await writeFileAtomic(join(directory, 'report.html'), reportPage(told, { pairs: pictures }));
      }
      print(summary(evaluation, skipped.length));
      if (directory) print(`report: ${join(directory, 'report.html')}`);
      return { json: { ...json, ...(directory && { directory }) } };
    };
    try {
      const random = container.resolve(RANDOM);
      const embedder = createEmbedder({
        engine: await container.resolve(ENGINE),
        model: await container.resolve(MODEL),
        params: files.params,
        statistics: files.statistics,
        flip: options.flip,
      });
      try {
        if (options.data) {
          const dataset = await openDataset(resolve(options.data));
          try {
            const { set, evaluation, read } = await onDataset({
              dataset,
              embedder,
              card,
              count: config.heldOut.pairs,
              random,
              runDirectory: dirname(resolve(options.model)),
              scope,
            });
            return await finish(set, evaluation, read, []);
          } finally {
            await dataset.close();
          }
        }
        const listed = options.templates
          ? pairsOfTemplates(await readTemplates(resolve(options.templates), pairsPath))
          : pairsOfFile(await readPairs(pairsPath!));
        const set =
          options.without === undefined
            ? listed
            : withoutPeople(listed, await peopleOf(options.without), options.pairs ?? options.templates!);
        const images = await openImages(resolve(imagesPath!));
        try {
          const skipped: SkippedImage[] = [];
          const read = alignedImages(
            {
              images,
              size: card.alignment.size,
              aligned: options.aligned,
              align: () => alignerOf(composition, card),
              signal,
              limits: config.limits,
            },
            (image) => skipped.push(image),
          );
          const evaluation = await evaluate(embedder, set, {
            read,
            random: random.fork('map'),
            emit: events.emit,
            signal,
          });
          return await finish(set, evaluation, read, [...skipped]);
        } finally {
          images.close();
        }
      } finally {
        embedder.dispose();
      }
    } finally {
      await composition.dispose();
    }
  });

async function peopleOf(path: string): Promise<ReadonlySet<string>> {
  const dataset = await openDataset(resolve(path));
  await dataset.close();
  return new Set(dataset.identities);
}

interface OnDataset {
  readonly dataset: Awaited<ReturnType<typeof openDataset>>;
  readonly embedder: Embedder;
  readonly card: ModelCard;
  readonly count: number;
  readonly random: Random;
  /** Where `run.json` says who was held out. */
  readonly runDirectory: string;
  readonly scope: Scope;
}

async function onDataset({
  dataset,
  embedder,
  card,
  count,
  random,
  runDirectory,
  scope: { events, signal },
}: OnDataset) {
  checkAlignment(card, dataset.summary.alignment, dataset.directory);
  const heldOut = (await readRunRecord(runDirectory))?.heldOut;
  if (!heldOut)
    events.emit('notice', {
      level: 'warning',
      message:
        'No record beside the model says who was held out of its training: pairs are drawn from everybody in the dataset.',
    });
  const people = (heldOut ?? dataset.identities).filter((name) => dataset.identities.includes(name));
  const drawn = await evaluateDrawn(embedder, dataset, people, count, random.fork('pairs'), {
    emit: events.emit,
    signal,
  });
  if (!drawn)
    throw new FacewrightError({
      what: 'The people held out of the training give too few pairs.',
      where: dataset.directory,
      todo: 'Evaluate on a dataset with more of them, or on a pairs file.',
    });
  return drawn;
}

/** The config's detector and aligner. Throws a `FacewrightError` where the aligner is not the model's. */
async function alignerOf({ container }: Composition, card: ModelCard) {
  const aligner = await container.resolve(ALIGNER);
  checkAlignment(card, aligner, 'the aligner of the config');
  return { detector: await container.resolve(DETECTOR), aligner };
}

function summary<Key>({ verification, scores }: Evaluation<Key>, skippedImages: number): string {
  const percent = (value: number): string => `${(value * 100).toFixed(2)} %`;
  if (!verification) {
    const line = (kind: string, scores: ScoreSummary | null): string[] =>
      scores
        ? [
            `${scores.pairs} pairs of ${kind}: cosines from ${scores.min.toFixed(3)} to ${scores.max.toFixed(3)}, mean ${scores.mean.toFixed(3)}`,
          ]
        : [];
    return [...line('one person', scores.same), ...line('different people', scores.different)].join('\n');
  }
  const { accuracy, std, pairs, threshold, eer, auc, operatingPoints, skipped } = verification;
  return [
    `accuracy ${percent(accuracy)} ± ${percent(std)} on ${pairs} pairs, threshold ${threshold.toFixed(3)}, equal error rate ${percent(eer)}, area under the curve ${auc.toFixed(4)}`,
    ...operatingPoints.map(({ far, tar, threshold }) =>
      tar === null || threshold === null
        ? `FAR ${far}: not enough pairs (${Math.round(1 / Number(far)).toLocaleString('en')} different ones are needed)`
        : `FAR ${far}: TAR ${percent(tar)} at threshold ${threshold.toFixed(3)}`,
    ),
    ...(skipped ? [`${skipped} pairs left out: ${skippedImages} images could not be used`] : []),
  ].join('\n');
}
