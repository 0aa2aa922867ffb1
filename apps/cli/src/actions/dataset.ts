/** Implements `facewright dataset`: inspects, verifies, converts or previews a set of images. */
import { resolve } from 'node:path';
import { countOf, createEventStream, type Emit } from '@facewright/core';
import {
  type TargetName,
  convertDataset,
  datasetInfo,
  mergeParts,
  previewDataset,
  verifyDataset,
  type DatasetInfo,
  type StoredPerson,
} from '@facewright/datasets';
import { editPeople, type Edits, type OnUnmatched } from '@facewright/quality';
import { readEdits, warnOfUnmatched } from '@facewright/run';
import { writeFileAtomic } from '@facewright/platform/node';
import { createFivePointAligner } from '@facewright/preprocess';
import { withSession, type Outcome, type Session, type SessionOptions } from '../session.js';

export interface ConvertOptions extends SessionOptions {
  readonly out: string;
  readonly to: TargetName;
  readonly edits?: string;
}

export interface MergeOptions extends SessionOptions {
  readonly out: string;
  readonly force?: boolean;
}

export interface PreviewOptions extends SessionOptions {
  readonly out: string;
  readonly people: number;
  readonly images: number;
  readonly size: number;
}

/** Maximum number of problems to print; `--json` has all of them. */
const SHOWN = 20;

export const info = (path: string, options: SessionOptions) =>
  tool(options, async (tools, { print }) => {
    const info = await datasetInfo(path, tools);
    print(infoText(info));
    return { json: info };
  });

export const verify = (path: string, options: SessionOptions) =>
  tool(options, async (tools, { print }) => {
    const check = await verifyDataset(path, tools);
    for (const { where, reason, detail } of check.problems.slice(0, SHOWN)) print(`✗ ${where}: ${reason}: ${detail}`);
    if (check.problems.length > SHOWN) print(`… and ${check.problems.length - SHOWN} more`);
    print(
      `${countOf(check.images, 'image')} of ${check.path} (${check.format}): ${check.ok ? 'all intact' : countOf(check.problems.length, 'problem')}`,
    );
    return { json: check, exitCode: check.ok ? 0 : 1 };
  });

export const convert = (path: string, options: ConvertOptions) =>
  tool(options, async (tools, { print }) => {
    const edits = options.edits === undefined ? undefined : await readEdits(options.edits);
    const converted = await convertDataset(path, resolve(options.out), {
      ...tools,
      ...(edits && { edit: (people) => edited(people, edits, warnOfUnmatched(tools.emit, options.edits!)) }),
      to: options.to,
      alignment: (size) => createFivePointAligner(size).fingerprint,
    });
    const { images, people, dropped, exclusions, from, to, directory } = converted;
    for (const { photo, reason, detail } of exclusions.slice(0, SHOWN))
      print(`skipped ${photo}: ${reason}${detail ? `: ${detail}` : ''}`);
    if (dropped > SHOWN) print(`… and ${dropped - SHOWN} more`);
    print(
      `${countOf(images, 'image')}${people ? ` of ${countOf(people, 'person')}` : ''} converted from ${from} to ${to}: ${directory}`,
    );
    return { json: converted };
  });

export const merge = (paths: string[], options: MergeOptions) =>
  tool(options, async (tools, { print }) => {
    const merged = await mergeParts(paths, resolve(options.out), { ...tools, replace: options.force ?? false });
    const { images, identities } = merged.summary;
    print(
      `${countOf(merged.parts, 'part')} merged, ${countOf(images, 'image')} of ${countOf(identities, 'person')}: ${merged.directory}`,
    );
    return { json: { directory: merged.directory, parts: merged.parts, ...merged.summary } };
  });

async function* edited(
  people: AsyncIterable<StoredPerson>,
  edits: Edits,
  onUnmatched: OnUnmatched,
): AsyncGenerator<StoredPerson> {
  const named = async function* () {
    for await (const { name, images } of people) yield { name, photos: images };
  };
  for await (const { name, photos } of editPeople(named(), edits, ({ source }) => source, onUnmatched))
    yield { name, images: photos };
}

export const preview = (path: string, options: PreviewOptions) =>
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
  });

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
  part,
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
    ['part', part && `${part.number} of ${part.of} of a divided preparation`],
    ['pairs', pairs && `${pairs.same} same, ${pairs.different} different`],
    ['people', people === undefined ? undefined : String(people)],
    ['images', `${images}${Object.keys(kinds).length > 1 ? ` (${counts(kinds)})` : ''}`],
    [
      'each',
      imagesPerPerson && `${imagesPerPerson.least} to ${imagesPerPerson.most}, median ${imagesPerPerson.median}`,
    ],
    ['landmarks', withLandmarks ? `on ${withLandmarks} images` : undefined],
    ['left out', Object.keys(excluded).length ? counts(excluded) : undefined],
    ['a few are', most(looks)],
    ['alignment', alignment?.fingerprint],
  ];
  return lines.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(10)} ${value}`])).join('\n');
}
