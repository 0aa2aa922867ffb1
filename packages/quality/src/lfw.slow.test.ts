// Noise planted in LFW is found again: photos under another name, people in two folders, duplicate photos, people of a
// benchmark.
import { createHash } from 'node:crypto';
import { onnx } from '@facewright/backend-onnx';
import { createRandom, createRunContainer, pluginContext, type Random, type RgbImage } from '@facewright/core';
import { mobileFaceNet } from '@facewright/models';
import { decodeImage, encodeImage, openZip } from '@facewright/platform/node';
import { sharedData } from '@facewright/test/shared-data';
import { readY1 } from '@facewright/test/y1';
import { openEngine } from '@facewright/testkit';
import { createEmbedder } from '@facewright/training';
import { expect, test } from 'vitest';
import { editsOf, findProblems, lookAt, type FacePhoto } from './index.js';

const weights = sharedData('models/insightface-y1');
const zip = sharedData('lfw/lfw-112x112.zip');

/** Maximum per person, for those with five photos or more, to save time. */
const PHOTOS = 10;
const SPLIT = 0.05;
const MOVED = 0.1;
const REPEATED = 0.02;
const SECOND = ' (2)';

interface Planted {
  readonly file: string;
  /** The person it shows. */
  readonly truth: string;
  /** Its folder. */
  label: string;
  readonly bytes: Uint8Array;
  readonly repeats?: string;
}

test.skipIf(!weights || !zip)(
  'planted noise is found with precision and recall of 0.95 (needs ../shared/data/models/insightface-y1 and lfw)',
  { timeout: 600_000 },
  async () => {
    const random = createRandom('lfw');
    const { photos, benchmark } = await plant(random);
    const faces = await embed(photos);
    const begun = performance.now();
    const problems = await findProblems(faces, { benchmark: await embed(benchmark), random: random.fork('find') });
    const seconds = (performance.now() - begun) / 1000;
    const originals = photos.filter(({ repeats }) => repeats === undefined);
    const same = (a: string, b: string): boolean => a.replace(SECOND, '') === b.replace(SECOND, '');

    const wrong = rates(
      problems.wrong.map(({ photo }) => photo),
      photos.flatMap((photo, index) => (same(photo.label, photo.truth) ? [] : [index])),
    );
    const known = splitPeople(originals).map((label) => [label, label.replace(SECOND, '')].sort().join('|'));
    const merged = problems.samePeople.map(({ a, b }) => [problems.people[a], problems.people[b]].sort().join('|'));
    const people = {
      ...rates(merged, known),
      precision: merged.filter((pair) => same(...(pair.split('|') as [string, string]))).length / merged.length,
    };
    const repeats = rates(
      problems.duplicates.map(({ a, b }) => [photos[a].file, photos[b].file].sort().join('|')),
      photos.flatMap(({ file, repeats: of }) => (of === undefined ? [] : [[file, of].sort().join('|')])),
    );
    const overlap = rates(
      problems.overlap.map(({ a, b }) => `${problems.people[a]}|${problems.benchmarkPeople[b]}`),
      problems.people.flatMap((name) => {
        const shown = problems.benchmarkPeople.find((known) => same(known, name));
        return shown === undefined ? [] : [`${name}|${shown}`];
      }),
    );
    console.info(`${originals.length} photos of ${problems.people.length} people, ${seconds.toFixed(1)} s`, {
      wrong,
      people,
      repeats,
      overlap,
    });
    for (const found of [wrong, people, repeats, overlap]) {
      expect(found.precision).toBeGreaterThanOrEqual(0.95);
      expect(found.recall).toBeGreaterThanOrEqual(0.95);
    }
    const { drop, merge, dropPeople } = editsOf(problems, faces);
    expect(merge).toHaveLength(problems.samePeople.length);
    expect(new Set(dropPeople).size).toBe(dropPeople.length);
    // one of two identical photos stays
    expect(drop.length).toBeLessThanOrEqual(problems.wrong.length + problems.duplicates.length);
  },
);

/**
 * Folders with at least two photos of the person: if a folder has one photo of a person and another photo, nobody can
 * say whose folder it is.
 */
function splitPeople(photos: readonly Planted[]): string[] {
  const own = (label: string, truth: string): number =>
    photos.filter((photo) => photo.label === label && photo.truth === truth).length;
  const seconds = [...new Set(photos.map(({ label }) => label))].filter((label) => label.endsWith(SECOND));
  return seconds.filter((label) => {
    const truth = label.replace(SECOND, '');
    return own(label, truth) > 1 && own(truth, truth) > 1;
  });
}

/** Precision and recall of the findings. */
function rates<T>(found: readonly T[], so: readonly T[]) {
  const truth = new Set(so);
  const hits = new Set(found.filter((one) => truth.has(one))).size;
  return {
    precision: hits / Math.max(1, new Set(found).size),
    recall: hits / truth.size,
    found: found.length,
    so: so.length,
  };
}

async function plant(random: Random): Promise<{ photos: Planted[]; benchmark: Planted[] }> {
  const archive = await openZip(zip!);
  const byPerson = new Map<string, string[]>();
  for (const name of archive.names()) {
    const person = name.split('/').at(-2)!;
    if (name.endsWith('.jpg')) byPerson.set(person, [...(byPerson.get(person) ?? []), name]);
  }
  const all = [...byPerson].filter(([, files]) => files.length >= 5).sort(([a], [b]) => (a < b ? -1 : 1));
  const people = shuffled(all, random.fork('people'));
  const photos: Planted[] = [];
  const benchmark: Planted[] = [];
  for (const [index, [truth, files]] of people.entries()) {
    const used = files.slice(0, PHOTOS);
    for (const [place, file] of used.entries()) {
      const second = index < SPLIT * people.length && place < used.length / 2;
      photos.push({ file, truth, label: second ? `${truth}${SECOND}` : truth, bytes: await archive.bytes(file) });
    }
    // the last people are also in the benchmark, with photos that are not in the data
    for (const file of index >= 0.9 * people.length ? files.slice(PHOTOS, PHOTOS + 5) : [])
      benchmark.push({ file, truth, label: truth, bytes: await archive.bytes(file) });
  }
  move(photos, random.fork('move'));
  return { photos: [...photos, ...(await repeat(photos, random.fork('repeat')))], benchmark };
}

function move(photos: readonly Planted[], random: Random): void {
  const labels = [...new Set(photos.map(({ label }) => label))];
  for (const photo of photos.filter(() => random.uniform() < MOVED)) {
    const others = labels.filter((label) => label.replace(SECOND, '') !== photo.truth);
    photo.label = others[random.integer(others.length)];
  }
}

/** The same file, re-encoded or mirrored, in the same folder. */
async function repeat(photos: readonly Planted[], random: Random): Promise<Planted[]> {
  const chosen = photos.filter(() => random.uniform() < REPEATED);
  return Promise.all(
    chosen.map(async (photo, index) => {
      const image = await decodeImage(photo.bytes);
      const bytes = [photo.bytes, await encodeImage(image, 'jpeg', 70), await encodeImage(mirror(image), 'jpeg', 90)];
      return { ...photo, file: `${photo.file} again`, bytes: bytes[index % 3], repeats: photo.file };
    }),
  );
}

const mirror = ({ width, height, data }: RgbImage): RgbImage => ({
  width,
  height,
  data: data.map((_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    return data[3 * (pixel - (pixel % width) + (width - 1 - (pixel % width))) + channel];
  }),
});

async function embed(photos: readonly Planted[]): Promise<(FacePhoto & { source: string })[]> {
  const engine = await openEngine(onnx());
  const { options, ...state } = await readY1(weights!);
  const model = await mobileFaceNet(options).create(pluginContext(createRunContainer(), 'model'));
  const embedder = createEmbedder({ engine, model, ...state });
  const images = await Promise.all(photos.map(({ bytes }) => decodeImage(bytes)));
  const embeddings = await embedder.embed(images);
  embedder.dispose();
  await engine.dispose();
  return photos.map(({ file, label, bytes }, index) => ({
    source: file,
    person: label,
    embedding: embeddings[index],
    sha256: createHash('sha256').update(bytes).digest('hex'),
    ...lookAt(images[index]),
  }));
}

function shuffled<T>(all: readonly T[], random: Random): T[] {
  const list = [...all];
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list;
}
