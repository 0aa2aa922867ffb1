/** Implements `facewright clean`: embeds every photo of a dataset and lists problems. */
import { join, resolve } from 'node:path';
import { createRandom } from '@facewright/core';
import { writeFileAtomic } from '@facewright/platform/node';
import { editsOf, findProblems, type Edits, type Problems } from '@facewright/quality';
import { cleanPage } from '../clean-page.js';
import { collectFaces, type CollectedFaces } from '../collect-faces.js';
import { withRecogniser } from '../open-recogniser.js';
import type { CommonOptions } from '../options.js';
import { fileLink } from '../links.js';
import { withSession } from '../session.js';

export interface CleanOptions extends CommonOptions {
  readonly data: string;
  readonly model: string;
  readonly against?: string;
  readonly out: string;
  readonly far: number;
}

export default (options: CleanOptions) =>
  withSession({ ...options, writes: options.out }, (session) =>
    withRecogniser(options, session, async (open) => {
      const { engine, config, events } = open;
      const opened: CollectedFaces[] = [];
      const collect = async (path: string): Promise<CollectedFaces> => {
        const faces = await collectFaces(resolve(path), open, session.signal);
        opened.push(faces);
        return faces;
      };
      try {
        const collected = await collect(options.data);
        const benchmark = options.against === undefined ? undefined : await collect(options.against);
        const problems = await findProblems(collected.photos, {
          benchmark: benchmark?.photos,
          engine,
          falseAcceptRate: options.far,
          random: createRandom(config.seed).fork('clean'),
          signal: session.signal,
          progress: (done, total, unit) => events.emit('progress', { task: 'compare', done, total, unit }),
        });
        const edits = editsOf(problems, collected.photos);
        const document = documentOf(options, collected, problems, edits);
        const directory = resolve(options.out);
        await writeFileAtomic(join(directory, 'clean.html'), await cleanPage(problems, collected, benchmark));
        await writeFileAtomic(join(directory, 'clean.json'), `${JSON.stringify(document, null, 1)}\n`);
        for (const [name, found] of Object.entries(document.counts)) session.print(`${name}: ${found}`);
        session.print(`page: ${fileLink(join(directory, 'clean.html'))}\nedits: ${join(directory, 'clean.json')}`);
        return { json: { directory, ...document } };
      } finally {
        for (const { close } of opened) await close();
      }
    }),
  );

function documentOf(
  { data, model, against, far }: CleanOptions,
  { photos, unusable }: CollectedFaces,
  problems: Problems,
  edits: Edits,
) {
  const { people, benchmarkPeople, samePeople, overlap } = problems;
  const photo = (index: number) => ({ photo: photos[index].source, person: photos[index].person });
  return {
    format: 'facewright-clean',
    version: 1,
    data: resolve(data),
    model: resolve(model),
    ...(against !== undefined && { against: resolve(against) }),
    thresholds: { falseAcceptRate: far, photos: problems.photoThreshold, wrongBelow: problems.threshold },
    counts: {
      people: people.length,
      photos: photos.length,
      'not usable': unusable.length,
      'not of their person': problems.wrong.length,
      unclear: problems.unclear.length,
      'people who are the same': samePeople.length,
      'same photo twice': problems.duplicates.length,
      'people in the benchmark': overlap.length,
      'poor quality': problems.poor.length,
    },
    wrong: problems.wrong.map(({ photo: index, similarity, likely, group }) => ({
      ...photo(index),
      similarity,
      ...(likely && { likely: { person: people[likely.person], similarity: likely.similarity } }),
      ...(group !== undefined && { group }),
    })),
    unclear: problems.unclear.map(photo),
    samePeople: samePeople.map(({ a, b, ...rest }) => ({ people: [people[a], people[b]], ...rest })),
    duplicates: problems.duplicates.map(({ a, b, how }) => ({ a: photo(a), b: photo(b), how })),
    overlap: overlap.map(({ a, b, ...rest }) => ({ person: people[a], benchmark: benchmarkPeople[b], ...rest })),
    poor: problems.poor.map(({ photo: index, reasons }) => ({ ...photo(index), reasons })),
    unusable,
    edits,
  };
}
