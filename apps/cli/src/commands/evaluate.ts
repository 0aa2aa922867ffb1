/** `facewright evaluate`: how well a trained model tells people apart. */
import { dirname, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { ALIGNER, createEventStream, DETECTOR, ENGINE, FacewrightError, MODEL, parseOptions, RANDOM, runConfig, type Verification } from '@facewright/core';
import { openDataset, openImages, readPairs } from '@facewright/datasets';
import { checkAlignment, createEmbedder, loadModelFiles } from '@facewright/training';
import { backendFor, compose } from '../compose.js';
import { evaluateDrawn, evaluatePairs } from '../evaluate-stage.js';
import { configOf, withCommon, type CommonOptions } from '../options.js';
import { readRunRecord } from '../run-directory.js';
import { withSession } from '../session.js';

interface EvaluateOptions extends CommonOptions {
  readonly model: string;
  readonly pairs?: string;
  readonly images?: string;
  readonly aligned?: boolean;
  readonly data?: string;
}

export function addEvaluate(program: Command): void {
  withCommon(
    program
      .command('evaluate')
      .description('verify a model on a pairs file (LFW protocol), or on pairs drawn from a dataset')
      .requiredOption('--model <dir>', 'the directory "model" that a training ends with')
      .option('--pairs <file>', "LFW's pairs.txt, an InsightFace .bin, or lines \"pathA pathB 1\" (same) or 0 (different)")
      .option('--images <path>', 'folder or zip file of the images that the pairs name, or the .bin file again')
      .option('--aligned', 'all images are aligned (default: those of the aligned size are)')
      .option('--no-aligned', 'no image is aligned: detect and align each')
      .addOption(new Option('--data <dir>', 'prepared dataset: pairs of the people held out of the training are drawn').conflicts(['pairs', 'images'])),
  )
    .addHelpText('after', `
Examples:
  facewright evaluate --model run/model --pairs pairs.txt --images lfw-112x112.zip --json
  facewright evaluate --model run/model --pairs pairs.txt --images lfw/ --no-aligned
  facewright evaluate --model run/model --data run/dataset`)
    .action((options: EvaluateOptions) =>
      withSession(options, async ({ signal, onEvent, print }) => {
        if (!options.data && !(options.pairs && options.images)) {
          throw new FacewrightError({ what: 'There is nothing to evaluate on.', where: 'the command line', todo: 'Give --pairs <file> and --images <folder or zip>, or --data <dataset>.' });
        }
        const files = await loadModelFiles(resolve(options.model));
        const { card } = files;
        const events = createEventStream();
        events.subscribe(onEvent);
        const { given, baseDirectory, where } = await configOf({ ...options, data: undefined });
        const scope = { events, signal, baseDirectory, where, plugins: [] };
        const config = parseOptions(runConfig, { ...given, data: undefined, model: { ...(card.model.options as object), name: card.model.name } }, where);
        const composition = await compose(config, await backendFor(config, scope), scope);
        const { container } = composition;
        const started = performance.now();
        try {
          const embedder = createEmbedder({ engine: await container.resolve(ENGINE), model: await container.resolve(MODEL), params: files.params, statistics: files.statistics });
          const reporting = { emit: events.emit, signal };
          let verification: Verification | undefined;
          let skipped: readonly { path: string; reason: string }[] = [];
          if (options.data) {
            const dataset = await openDataset(resolve(options.data));
            try {
              checkAlignment(card, dataset.summary.alignment, dataset.directory);
              const heldOut = (await readRunRecord(dirname(resolve(options.model))))?.heldOut;
              if (!heldOut) events.emit('notice', { level: 'warning', message: 'No record beside the model says who was held out of its training: pairs are drawn from everybody in the dataset.' });
              verification = await evaluateDrawn(embedder, dataset, (heldOut ?? dataset.identities).filter((name) => dataset.identities.includes(name)), config.heldOut.pairs, container.resolve(RANDOM).fork('pairs'), reporting);
              if (!verification) throw new FacewrightError({ what: 'The people held out of the training give too few pairs.', where: dataset.directory, todo: 'Evaluate on a dataset with more of them, or on a pairs file.' });
            } finally {
              await dataset.close();
            }
          } else {
            const pairs = await readPairs(resolve(options.pairs!));
            const images = await openImages(resolve(options.images!));
            const align = async () => {
              const aligner = await container.resolve(ALIGNER);
              checkAlignment(card, aligner, 'the aligner of the config');
              return { detector: await container.resolve(DETECTOR), aligner };
            };
            try {
              ({ verification, skipped } = await evaluatePairs(embedder, pairs, { ...reporting, images, size: card.alignment.size, aligned: options.aligned, align }));
            } finally {
              images.close();
            }
          }
          embedder.dispose();
          const seconds = (performance.now() - started) / 1000;
          events.emit('evaluate.finished', { verification });
          print(summary(verification, skipped.length));
          return { json: { model: resolve(options.model), verification, skipped, seconds } };
        } finally {
          await composition.dispose();
        }
      }),
    );
}

function summary({ accuracy, std, pairs, threshold, tarAtFar, skipped }: Verification, images: number): string {
  const percent = (value: number): string => `${(value * 100).toFixed(2)} %`;
  return [
    `accuracy ${percent(accuracy)} ± ${percent(std)} on ${pairs} pairs, threshold ${threshold.toFixed(3)}`,
    ...Object.entries(tarAtFar).flatMap(([far, tar]) => (tar === null ? [] : [`TAR ${percent(tar)} at FAR ${far}`])),
    ...(skipped ? [`${skipped} pairs left out: ${images} images could not be used`] : []),
  ].join('\n');
}
