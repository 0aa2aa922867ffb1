/** `facewright dataset`: what a set of images holds, whether it is whole, another format of it, a picture of it. */
import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { createEventStream, type Emit } from '@facewright/core';
import { writeFileAtomic } from '@facewright/platform/node';
import {
  convertDataset,
  datasetInfo,
  previewDataset,
  TARGETS,
  verifyDataset,
  type DatasetInfo,
  type TargetName,
} from '@facewright/datasets';
import { createFivePointAligner } from '@facewright/preprocess';
import { wholeNumber } from '../options.js';
import { withSession, type Outcome, type Session, type SessionOptions } from '../session.js';

const FORMATS =
  'a prepared dataset, a folder of people, a landmark list (Trillion Pairs), .rec or .bin (InsightFace), .tar (WebDataset), or .zip';
/** Problems printed; `--json` has all of them. */
const SHOWN = 20;

export function addDataset(program: Command): void {
  const dataset = program.command('dataset').description('look at, check and convert sets of images');
  const command = (name: string, description: string): Command =>
    dataset
      .command(name)
      .description(description)
      .argument('<path>', FORMATS)
      .option('--json', 'print one JSON document on standard output, and nothing else there')
      .option('--quiet', 'no progress, only warnings and errors');

  command('info', 'count people and images').action((path: string, options: SessionOptions) =>
    tool(options, async (tools, { print }) => {
      const info = await datasetInfo(path, tools);
      print(infoText(info));
      return { json: info };
    }),
  );

  command('verify', 'read and decode every image, compare every checksum')
    .addHelpText('after', '\nThe exit code is 0 when everything is whole, else 1.')
    .action((path: string, options: SessionOptions) =>
      tool(options, async (tools, { print }) => {
        const check = await verifyDataset(path, tools);
        for (const { where, reason, detail } of check.problems.slice(0, SHOWN))
          print(`✗ ${where}: ${reason}: ${detail}`);
        if (check.problems.length > SHOWN) print(`… and ${check.problems.length - SHOWN} more`);
        print(
          `${check.images} images of ${check.path} (${check.format}): ${check.ok ? 'all whole' : `${check.problems.length} problems`}`,
        );
        return { json: check, exitCode: check.ok ? 0 : 1 };
      }),
    );

  command('convert', 'write another format, the images kept byte for byte')
    .requiredOption('--out <dir>', 'new or empty directory')
    .addOption(new Option('--to <format>', 'the format to write').choices(TARGETS).makeOptionMandatory())
    .addHelpText(
      'after',
      `
A dataset holds aligned crops: to "dataset", images must be square and of one size, aligned to the InsightFace template.

Examples:
  facewright dataset convert faces_emore/train.rec --to dataset --out emore
  facewright dataset convert run/dataset --to insightface-rec --out rec
  facewright dataset convert lfw.bin --to folder --out lfw`,
    )
    .action((path: string, options: SessionOptions & { readonly out: string; readonly to: TargetName }) =>
      tool(options, async (tools, { print }) => {
        const converted = await convertDataset(path, resolve(options.out), {
          ...tools,
          to: options.to,
          alignment: (size) => createFivePointAligner(size).fingerprint,
        });
        const { images, people, exclusions, from, to, directory } = converted;
        for (const { photo, reason, detail } of exclusions.slice(0, SHOWN))
          print(`left out ${photo}: ${reason}${detail ? `: ${detail}` : ''}`);
        if (exclusions.length > SHOWN) print(`… and ${exclusions.length - SHOWN} more`);
        print(`${images} images${people ? ` of ${people} people` : ''} from ${from} to ${to}: ${directory}`);
        return { json: converted };
      }),
    );

  command('preview', 'draw a contact sheet')
    .option('--out <file>', 'the PNG to write', 'preview.png')
    .option('--people <number>', 'rows: people from all over the set', count, 12)
    .option('--images <number>', 'images of each', count, 8)
    .option('--size <pixels>', 'side of an image', count, 112)
    .action(
      (
        path: string,
        options: SessionOptions & {
          readonly out: string;
          readonly people: number;
          readonly images: number;
          readonly size: number;
        },
      ) =>
        tool(options, async (tools, { print }) => {
          const file = resolve(options.out);
          await writeFileAtomic(
            file,
            await previewDataset(path, {
              ...tools,
              people: options.people,
              images: options.images,
              size: options.size,
            }),
          );
          print(file);
          return { json: { file } };
        }),
    );
}

/** At least 1, and no sheet of gigabytes. */
function count(text: string): number {
  const value = wholeNumber(text);
  if (value < 1 || value > 1000) throw new InvalidArgumentError('Expected is a number from 1 to 1000.');
  return value;
}

const tool = (
  options: SessionOptions,
  work: (tools: { readonly emit: Emit; readonly signal: AbortSignal }, session: Session) => Promise<Outcome>,
): Promise<void> =>
  withSession(options, (session) => {
    const events = createEventStream();
    events.subscribe(session.onEvent);
    return work({ emit: events.emit, signal: session.signal }, session);
  });

function infoText({
  format,
  path,
  people,
  images,
  imagesPerPerson,
  kinds,
  withLandmarks,
  excluded,
  looks,
  pairs,
  alignment,
}: DatasetInfo): string {
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, number]) => `${name} ${number}`)
      .join(', ');
  const most = (of: Readonly<Record<string, number>>): string => {
    const sorted = Object.entries(of).sort(([, a], [, b]) => b - a);
    return (
      counts(Object.fromEntries(sorted.slice(0, 5))) +
      (sorted.length > 5 ? `, and ${sorted.length - 5} other sizes` : '')
    );
  };
  const lines: [string, string | undefined][] = [
    ['format', `${format}, ${path}`],
    ['pairs', pairs && `${pairs.same} same, ${pairs.different} different`],
    ['people', people === undefined ? undefined : String(people)],
    ['images', `${images}${Object.keys(kinds).length > 1 ? ` (${counts(kinds)})` : ''}`],
    [
      'each',
      imagesPerPerson && `${imagesPerPerson.least} to ${imagesPerPerson.most}, median ${imagesPerPerson.median}`,
    ],
    ['landmarks', withLandmarks ? `${withLandmarks} images bring them` : undefined],
    ['left out', Object.keys(excluded).length ? counts(excluded) : undefined],
    ['a few are', most(looks)],
    ['alignment', alignment?.fingerprint],
  ];
  return lines.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(10)} ${value}`])).join('\n');
}
