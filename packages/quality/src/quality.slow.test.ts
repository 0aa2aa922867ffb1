import {
  createRandom,
  sampleAt,
  sampleColumns,
  type Dataset,
  type Identity,
  type Photo,
  type Random,
  type RgbImage,
} from '@facewright/core';
import { expect, test } from 'vitest';
import { editDataset, editReader, editsOf, findProblems, lookAt, parseEdits, type FacePhoto } from './index.js';
import { sampleImpostors, thresholdAt } from './impostors.js';
import { embeddingsOf } from './embeddings.js';
import { alikePictures, differingBits } from './picture.js';
import { findStrangers } from './strangers.js';
import { findPoorPhotos, poseOf } from './poor-photos.js';

const SIZE = 64;
const unit = (vector: number[]): Float32Array => {
  const length = Math.hypot(...vector);
  return Float32Array.from(vector, (value) => value / length);
};
const direction = (random: Random): number[] => Array.from({ length: SIZE }, () => random.normal());
/** A photo of a person: their direction with noise. */
const near = (person: number[], random: Random, noise = 0.7): Float32Array =>
  unit(person.map((value) => value + noise * random.normal()));
const photo = (person: string, embedding: Float32Array, index: number): FacePhoto & { source: string } => ({
  person,
  embedding,
  source: `${person}/${index}.jpg`,
  sha256: `${person} ${index}`,
  hash: Uint16Array.from({ length: 16 }, (_, band) => createRandom(`${person} ${index} ${band}`).integer(65536)),
  mirrored: Uint16Array.from({ length: 16 }, (_, band) => createRandom(`m ${person} ${index} ${band}`).integer(65536)),
  sharpness: 100,
});
/**
 * `people` people with six photos each; photo 0 of every fifth person is filed under the next person, and person 0 is
 * person 1 again.
 */
function dataset(people: number) {
  const random = createRandom('quality');
  const directions = Array.from({ length: people }, () => direction(random));
  directions[1] = directions[0];
  const photos = directions.flatMap((own, person) =>
    Array.from({ length: 6 }, (_, index) => {
      const moved = index === 0 && person % 5 === 4;
      return photo(`p${moved ? (person + 1) % people : person}`, near(own, random), moved ? 100 + person : index);
    }),
  );
  return photos;
}

test('finds moved photos and people in two folders, and nothing else; clean data give empty lists', async () => {
  const photos = dataset(40);
  const found = await findProblems(photos, { random: createRandom(1) });
  expect(new Set(found.wrong.map(({ photo: at }) => photos[at].source))).toEqual(
    new Set(photos.filter(({ source }) => /\/1\d\d\./.test(source)).map(({ source }) => source)),
  );
  // each shows the person of the previous folder; of person 0's two folders, either is right
  for (const { photo: at, likely } of found.wrong)
    expect(found.people[likely!.person]).toBe(`p${Number(/\/1(\d\d)/.exec(photos[at].source)![1])}`);
  expect(found.samePeople.map(({ a, b }) => [found.people[a], found.people[b]])).toEqual([['p0', 'p1']]);
  expect(found.duplicates).toEqual([]);
  const clean = photos.filter(({ person, source }) => person !== 'p1' && !/\/1\d\d\./.test(source));
  expect(await findProblems(clean, { random: createRandom(1) })).toMatchObject({
    wrong: [],
    samePeople: [],
    unclear: [],
  });
});

test.each([3, 6, 30])('of %i people, one in two folders is found, and strangers stay apart', async (people) => {
  const random = createRandom('few');
  const directions = Array.from({ length: people }, () => direction(random));
  directions[1] = directions[0];
  const photos = directions.flatMap((own, person) =>
    Array.from({ length: 8 }, (_, index) => photo(`p${person}`, near(own, random), index)),
  );
  const found = await findProblems(photos, { random: createRandom(1) });
  expect(found.samePeople.map(({ a, b }) => [found.people[a], found.people[b]])).toEqual([['p0', 'p1']]);
  expect([found.wrong, found.unclear]).toEqual([[], []]);
  const once = photos.filter(({ person }) => person !== 'p1');
  expect(await findProblems(once, { random: createRandom(1) })).toMatchObject({
    samePeople: [],
    wrong: [],
    unclear: [],
  });
});

test('one person, one photo and two different photos give no false alarm', async () => {
  const random = createRandom(3);
  const own = direction(random);
  expect((await findProblems([photo('a', near(own, random), 0)], { random })).wrong).toEqual([]);
  const one = Array.from({ length: 5 }, (_, index) => photo('a', near(own, random), index));
  expect(await findProblems(one, { random })).toMatchObject({ wrong: [], samePeople: [], overlap: [] });
  const two = [...dataset(30), photo('two', near(direction(random), random), 0), photo('two', near(own, random), 1)];
  const { unclear, wrong } = await findProblems(two, { random });
  expect(unclear.map((at) => two[at].source)).toEqual(['two/0.jpg', 'two/1.jpg']);
  expect(wrong.some(({ photo: at }) => two[at].person === 'two')).toBe(false);
});

test('people of a benchmark are found by face', async () => {
  const random = createRandom('quality');
  const third = Array.from({ length: 40 }, () => direction(random))[3];
  const benchmark = [0, 1].map(() => ({ person: 'known', embedding: near(third, random) }));
  const other = [0, 1].map(() => ({ person: 'other', embedding: near(direction(random), random) }));
  const { overlap, people, benchmarkPeople } = await findProblems(dataset(40), {
    benchmark: [...other, ...benchmark],
    random,
  });
  expect(overlap.map(({ a, b }) => [people[a], benchmarkPeople[b]])).toEqual([['p3', 'known']]);
});

test('the tail of strangers is extrapolated, not read from what may be people in two folders', () => {
  const random = createRandom(5);
  const scores = Float64Array.from({ length: 100_000 }, () => 0.1 * random.normal());
  const dirty = scores.map((value, index) => (index % 500 === 0 ? 0.8 : value)).sort();
  expect(thresholdAt(dirty, 1e-4)).toBeGreaterThan(0.1 * 3.72);
  expect(thresholdAt(dirty, 1e-4)).toBeLessThan(0.5);
  expect(thresholdAt(scores.sort(), 0.1)).toBeCloseTo(0.128, 2);
  const one = embeddingsOf([unit([1])]);
  expect(sampleImpostors(one, [[0]], findStrangers(one, [[0]]), random)).toHaveLength(0);
});

const noise = (seed: number, size = 112): RgbImage => {
  const random = createRandom(seed);
  const waves = Array.from({ length: 6 }, () => [random.normal() / 9, random.normal() / 9, random.uniform() * 6]);
  return {
    width: size,
    height: size,
    data: Uint8Array.from({ length: size * size * 3 }, (_, i) => {
      const [x, y] = [(Math.floor(i / 3) % size) * (112 / size), Math.floor(i / 3 / size) * (112 / size)];
      return 128 + 20 * waves.reduce((sum, [a, b, c]) => sum + Math.sin(a * x + b * y + c), 0);
    }),
  };
};

test('a picture is recognised in another size, with noise and mirrored; other pictures are not', () => {
  const [picture, other, small] = [lookAt(noise(1)), lookAt(noise(2)), lookAt(noise(1, 96))];
  const noisy = noise(1);
  const random = createRandom(9);
  const grainy = lookAt({ ...noisy, data: noisy.data.map((value) => value + Math.round(2 * random.normal())) });
  expect(differingBits(picture.hash, other.hash)).toBeGreaterThan(60);
  const same = [...alikePictures([picture.hash, other.hash, small.hash, grainy.hash])].flat();
  expect(same.map((pair) => pair.join(' ')).sort()).toEqual(['0 2', '0 3', '2 3']);
  const { width, height, data } = noise(1);
  const flipped = data.map(
    (_, i) => data[3 * (Math.floor(i / 3 / width) * width + width - 1 - (Math.floor(i / 3) % width)) + (i % 3)],
  );
  const mirrored = lookAt({ width, height, data: flipped });
  expect(differingBits(mirrored.hash, picture.mirrored)).toBe(0);
  expect(differingBits(mirrored.hash, picture.hash)).toBeGreaterThan(60);
  const flat = lookAt({ width, height, data: new Uint8Array(width * height * 3).fill(90) });
  expect(flat.sharpness).toBe(0);
  expect(grainy.sharpness).toBeGreaterThan(picture.sharpness);
});

test('pairs of pictures are those that comparing all would find, each once', () => {
  const random = createRandom('hashes');
  const hashes = Array.from({ length: 300 }, () => Uint16Array.from({ length: 16 }, () => random.integer(65536)));
  // copies with 1 to 22 bits turned over, in one band or spread over all
  for (let index = 0; index < 100; index++) {
    const copy = hashes[index].slice();
    const bits = new Set<number>();
    while (bits.size < 1 + (index % 22))
      bits.add(index % 2 ? random.integer(256) : random.integer(16 + 8 * (index % 22)));
    for (const bit of bits) copy[bit >> 4] ^= 1 << (bit & 15);
    hashes.push(copy);
  }
  const expected = hashes.flatMap((hash, a) =>
    hashes.flatMap((other, b) => (a < b && differingBits(hash, other) < 16 ? [`${a} ${b}`] : [])),
  );
  expect(expected.length).toBeGreaterThan(50);
  expect(
    [...alikePictures(hashes)]
      .flat()
      .map((pair) => pair.join(' '))
      .sort(),
  ).toEqual(expected.sort());
  const own = hashes.slice(0, 100);
  const copies = hashes.slice(300).reverse();
  const across = own.flatMap((hash, a) =>
    copies.flatMap((other, b) => (a < b && differingBits(hash, other) < 16 ? [`${a} ${b}`] : [])),
  );
  expect(
    [...alikePictures(own, copies)]
      .flat()
      .map((pair) => pair.join(' '))
      .sort(),
  ).toEqual(across.sort());
});

test('progress goes up to all people and then all pictures, and an interruption stops it between bands', async () => {
  const photos = dataset(30);
  const told: [string, number, number][] = [];
  const progress = (done: number, total: number, what: string): void => void told.push([what, done, total]);
  await findProblems(photos, { random: createRandom(1), progress });
  const pictures = told.filter(([what]) => what === 'pictures');
  expect(told.findLast(([what]) => what === 'people')?.slice(1)).toEqual([30, 30]);
  expect(pictures).toHaveLength(32);
  expect(pictures.at(-1)).toEqual(['pictures', photos.length, photos.length]);
  const controller = new AbortController();
  let lists = 0;
  const stop = (_done: number, _total: number, what: string): void => {
    if (what === 'pictures' && ++lists === 3) setTimeout(() => controller.abort());
  };
  const stopped = findProblems(photos, { random: createRandom(1), progress: stop, signal: controller.signal });
  await expect(stopped).rejects.toThrow('comparing pictures');
  expect(lists).toBeLessThan(6);
});

test('all duplicates but one are left out; edits follow merge chains and drop by path', async () => {
  const photos = dataset(30).map((each, index) => (index === 13 ? { ...each, sha256: 'p0 5' } : each));
  const found = await findProblems(photos, { random: createRandom(1) });
  expect(found.duplicates).toEqual([{ a: 5, b: 13, how: 'bytes' }]);
  const edits = editsOf(found, photos);
  expect(edits.merge).toEqual([{ from: 'p1', into: 'p0' }]);
  expect(edits.drop.filter((source) => [photos[5].source, photos[13].source].includes(source))).toHaveLength(1);
  expect(parseEdits(JSON.stringify({ format: 'x', edits }), 'clean.json')).toEqual(edits);
  expect(parseEdits('{"drop":["a"]}', 'own.json')).toEqual({ drop: ['a'], dropPeople: [], merge: [] });
  expect(() => parseEdits('{"dorp":[]}', 'own.json')).toThrow('dorp');
  expect(() => parseEdits('nothing', 'own.json')).toThrow('not JSON');
});

const EDITS = {
  drop: ['b/1', 'd/1'],
  dropPeople: ['e'],
  // including a cycle
  merge: [
    { from: 'c', into: 'b' },
    { from: 'b', into: 'a' },
    { from: 'a', into: 'c' },
  ],
};

test('a reader and a dataset are edited in the same way', async () => {
  const reader = {
    async *identities(): AsyncGenerator<Identity> {
      for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
        yield {
          name,
          photos: [1, 2].map((index): Photo => ({
            id: `${name}/${index}`,
            identity: name,
            bytes: async () => new Uint8Array(),
          })),
        };
    },
  };
  const people = new Map<string, string[]>();
  for await (const { name, photos } of editReader(reader, EDITS).identities()) {
    people.set(
      name,
      photos.map(({ id }) => id),
    );
    for (const { identity } of photos) expect(identity).toBe(name);
  }
  const samples = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((identity) =>
    [1, 2].flatMap((index) =>
      ['original', 'opening'].map((kind) => ({ identity, source: `${identity}/${index}`, kind })),
    ),
  );
  const data = {
    ...sampleColumns(samples),
    directory: 'd',
    read: async (index: number) => ({ width: index, height: 0, data: new Uint8Array() }),
    close: async () => undefined,
  } as unknown as Dataset;
  const edited = editDataset(data, EDITS);
  const fromDataset = new Map<string, string[]>();
  for (let index = 0; index < edited.length; index++) {
    const { identity, source, kind } = sampleAt(edited, index);
    const { width } = await edited.read(index);
    expect(samples[width]).toMatchObject({ source, kind });
    if (kind === 'original') fromDataset.set(identity, [...(fromDataset.get(identity) ?? []), source]);
  }
  expect(fromDataset.size).toBe(3);
  for (const [name, photos] of people) expect(fromDataset.get(name)).toEqual(photos);
  expect([...people.values()].flat()).toHaveLength(8);
});

test('the pose is estimated from the landmarks', () => {
  const points = (nose: number) => ({
    leftEye: [10, 10] as const,
    rightEye: [50, 10] as const,
    nose: [nose, 30] as const,
    mouthLeft: [15, 50] as const,
    mouthRight: [45, 50] as const,
  });
  expect(poseOf(points(30))).toEqual({ eyes: 40, turn: 0 });
  expect(poseOf(points(50)).turn).toBeCloseTo(0.5);
});

test('photos with a short embedding are poor, if it stands out from the others', () => {
  const photosOf = (lengths: readonly number[]) =>
    lengths.map((embeddingLength) => ({ sharpness: 100, embeddingLength }));
  const poor = (lengths: readonly number[]): number[] => findPoorPhotos(photosOf(lengths)).map(({ photo }) => photo);
  const usual = [10, 9, 11, 10.5, 9.5, 10, 9.8, 10.2, 10.7, 9.3];
  expect(poor([...usual, 8, 5, 0])).toEqual([11, 12]);
  expect(findPoorPhotos(photosOf([...usual, 5]))[0].reasons).toEqual([
    'little to recognise: the embedding has 0.50 of the usual length',
  ]);
  // lengths that differ widely anyway, all the same, too few of them, or unknown
  expect(poor([10, 20, 40, 15, 8, 30, 12, 25, 18, 35, 9])).toEqual([]);
  expect(poor(Array<number>(20).fill(7))).toEqual([]);
  expect(poor([10, 10, 10, 1])).toEqual([]);
  expect(findPoorPhotos([{ sharpness: 100 }])).toEqual([]);
});

test.each([1, 2, 3])(
  '%s people: a photo of someone else stands out if there is anyone to compare with, and nothing else is said',
  async (people) => {
    const random = createRandom('few');
    const photos = Array.from({ length: people }, (_, person) => {
      const own = direction(random);
      return Array.from({ length: 5 }, (_, index) => photo(`p${person}`, near(own, random), index));
    }).flat();
    const found = await findProblems(photos, { random: createRandom(1) });
    const { wrong, samePeople, duplicates, overlap, poor, unclear } = found;
    expect([wrong, samePeople, duplicates, overlap, poor, unclear]).toEqual([[], [], [], [], [], []]);
    const stranger = photo('p0', near(direction(random), random), 9);
    const { wrong: one } = await findProblems([...photos, stranger], { random: createRandom(1) });
    expect(one.map(({ photo: at }) => at)).toEqual(people > 1 ? [photos.length] : []);
  },
);

test('a photo that is clearly of another person is wrong, even if it is not unlike its own and the only one', async () => {
  const random = createRandom('one');
  const photos = Array.from({ length: 4 }, (_, person) => {
    const own = direction(random);
    return Array.from({ length: 40 }, (_, index) => photo(`p${person}`, near(own, random), index));
  }).flat();
  const [own, other] = [photos[0].embedding, photos[40].embedding];
  const mixed = Array.from(other, (value, k) => value + 0.2 * own[k]);
  const found = await findProblems([...photos, photo('p0', unit(mixed), 99)], { random: createRandom(1) });
  expect(found.wrong).toMatchObject([{ photo: photos.length, likely: { person: 1 } }]);
  expect(found.wrong[0].similarity).toBeGreaterThan(found.threshold);
});
