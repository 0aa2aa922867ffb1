import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@facewright/backend-cpu';
import {
  filled,
  landmarksFrom,
  type Aligner,
  type Detector,
  type Engine,
  type Face,
  type Model,
  type RgbImage,
} from '@facewright/core';
import { encodeImage, openPhoto } from '@facewright/platform/node';
import { openEngine } from '@facewright/testkit';
import type { ModelCard, ModelFiles } from '@facewright/training';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test, vi } from 'vitest';
import { createRecogniser, recogniserFrom, type PhotoInput, type Recogniser } from './index.js';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine(cpu());
});

type Colour = readonly [r: number, g: number, b: number];
const RED: Colour = [250, 10, 10];
const GREEN: Colour = [10, 250, 10];
const BLUE: Colour = [10, 10, 250];
const SIZE = 4;

/** The embedding is the mean colour. */
const means: Model = {
  inputSize: [SIZE, SIZE],
  embeddingSize: 3,
  init: () => ({ params: {}, statistics: {} }),
  apply: (_params, statistics, batch) => ({ embeddings: tf.mean(batch, [1, 2]) as tf.Tensor2D, statistics }),
};

const plain = (colour: Colour, width = SIZE, height = width): RgbImage => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => colour[i % 3]),
});
/** Columns four pixels wide, each of which is a "face". */
function photo(...colours: Colour[]): RgbImage {
  const width = 4 * colours.length;
  return {
    width,
    height: 8,
    data: Uint8Array.from(
      { length: width * 8 * 3 },
      (_, i) => colours[Math.floor((Math.floor(i / 3) % width) / 4)][i % 3],
    ),
  };
}
/** Detects the columns. */
const detector: Detector = {
  async detect({ width }) {
    return Array.from({ length: width / 4 }, (_, i): Face => ({
      box: { x: 4 * i, y: 0, width: 4, height: 8 },
      confidence: 1 - i / 10,
      landmarks: landmarksFrom([0, 1, 2, 3, 4].map(() => [4 * i + 1, 1] as const)),
    }));
  },
};
const aligner: Aligner = {
  fingerprint: 'columns',
  size: SIZE,
  align({ width, data }, { nose: [x] }) {
    const at = 3 * Math.floor(x);
    return plain([data[at], data[at + 1], data[at + 2]] as Colour, Math.min(SIZE, width));
  },
};
const METRICS: NonNullable<ModelCard['metrics']> = [
  { on: 'few', pairs: 10, accuracy: 1, std: 0, tarAtFar: {}, threshold: 0.1, thresholdAtFar: { '1e-1': 0.2 } },
  {
    on: 'many',
    pairs: 100,
    accuracy: 1,
    std: 0,
    tarAtFar: {},
    threshold: 0.5,
    thresholdAtFar: { '1e-1': 0.6, '1e-2': 0.95, '1e-3': null },
  },
];
const filesOf = (card: Partial<ModelCard> = {}, weight = 1): ModelFiles => ({
  card: {
    format: 1,
    model: { name: 'means' as never, options: {} },
    inputSize: [SIZE, SIZE],
    embeddingSize: 3,
    alignment: { fingerprint: 'columns', size: SIZE },
    metrics: METRICS,
    ...card,
  },
  params: { weight: filled([1], weight) },
  statistics: {},
});
const open = (files = filesOf()): Recogniser =>
  recogniserFrom({ files, model: means, engine, aligner, detector: async () => detector, open: openPhoto });
const temporary = (): Promise<string> => mkdtemp(join(tmpdir(), 'facewright-recognise-'));

test('a photo is embedded by its central face, an aligned one unchanged, from pixels, bytes, a blob and a path', async () => {
  const recogniser = open();
  const red = await recogniser.embed(plain(RED));
  expect(Math.hypot(...red)).toBeCloseTo(1, 6);
  expect(await recogniser.embed(photo(GREEN, RED, BLUE))).toEqual(red);
  const bytes = await encodeImage(photo(RED), 'png');
  const path = join(await temporary(), 'red.png');
  await writeFile(path, bytes);
  expect(await recogniser.embed(bytes)).toEqual(red);
  expect(await recogniser.embed(new Blob([new Uint8Array(bytes)]))).toEqual(red);
  expect(await recogniser.embed(path)).toEqual(red);
  // 4 × 4 pixels are an aligned face unless stated otherwise
  expect((await recogniser.faces(plain(RED)))[0].face).toBeUndefined();
  expect((await recogniser.faces(plain(RED), { aligned: false }))[0].face).toBeDefined();
  await expect(recogniser.embed(photo(RED), { aligned: true })).rejects.toThrow(
    '4×8 pixels, but the model expects 4×4',
  );
  const blind = recogniserFrom({
    files: filesOf(),
    model: means,
    engine,
    aligner,
    detector: async () => ({ detect: async () => [] }),
    open: openPhoto,
  });
  expect(await blind.faces(photo(RED))).toEqual([]);
  await expect(blind.embed(photo(RED))).rejects.toThrow('No face was found');
});

test('many photos give the same as one by one, aligned faces 32 together; an unusable one comes with its error', async () => {
  const batches: number[] = [];
  const counting: Model = {
    ...means,
    apply: (params, statistics, batch, mode) => (
      batches.push(batch.shape[0]),
      means.apply(params, statistics, batch, mode)
    ),
  };
  const recogniser = recogniserFrom({
    files: filesOf(),
    model: counting,
    engine,
    aligner,
    detector: async () => detector,
    open: openPhoto,
  });
  const photos: PhotoInput[] = Array.from({ length: 70 }, (_, index) => plain([index, 100, 200 - index]));
  photos[40] = photo(GREEN, RED);
  photos[50] = new Uint8Array([1, 2]);
  photos[60] = plain(RED, 3); // too narrow for a face
  const closed = vi.fn();
  async function* items() {
    try {
      for (const index of photos.keys()) yield index;
    } finally {
      closed();
    }
  }
  const found = [];
  for await (const each of recogniser.facesOfAll(items(), (index) => photos[index])) found.push(each);
  // 32; 8 with the two of the photo; 18 around the damaged one, up to what shows nobody; 9
  expect(batches).toEqual([32, 10, 18, 9]);
  expect(found.map(({ item }) => item)).toEqual([...photos.keys()]);
  expect(found[50]).toEqual({
    item: 50,
    faces: [],
    error: expect.objectContaining({ what: expect.stringContaining('Not an image') }),
  });
  for (const each of found) {
    if (each.item === 50) continue;
    expect(each).toEqual({ item: each.item, faces: await recogniser.faces(photos[each.item]) });
  }
  for await (const { item } of recogniser.facesOfAll(items(), (index) => photos[index])) if (item === 3) break;
  expect(closed).toHaveBeenCalledTimes(2);
  const failing = recogniser.facesOfAll([1, 2], (item) => Promise.reject(new TypeError(`no ${item}`)));
  await expect(failing[Symbol.asyncIterator]().next()).rejects.toThrow('no 1');
});

test("photos are compared with the card's threshold, that of a rate, or the caller's", async () => {
  const recogniser = open();
  const same = await recogniser.compare(plain(RED), photo([240, 20, 20]));
  expect(same).toMatchObject({ same: true, threshold: { threshold: 0.5, on: 'many' } });
  expect((await recogniser.compare(plain(RED), plain(GREEN))).same).toBe(false);
  const vector = await recogniser.embed(plain(RED));
  expect(await recogniser.compare(vector, plain(RED), { falseAcceptRate: 0.05 })).toMatchObject({
    similarity: expect.closeTo(1, 6),
    threshold: { threshold: 0.95, falseAcceptRate: 0.01 },
  });
  expect((await recogniser.compare(plain(RED), plain(GREEN), { threshold: -1 })).same).toBe(true);
  await expect(recogniser.compare(plain(RED), plain(RED), { falseAcceptRate: 1e-3 })).rejects.toThrow(
    'no threshold for a false accept rate of 0.001: the lowest rate measured is 1e-2',
  );
  await expect(recogniser.compare(Float32Array.of(1), vector)).rejects.toThrow('3 numbers, got 1');
  expect((await open(filesOf({ metrics: undefined })).compare(plain(RED), plain(RED))).same).toBeNull();
});

test('every face of a photo is identified; a forgotten person is unknown', async () => {
  const recogniser = open();
  expect(await recogniser.identify(photo(RED))).toMatchObject([{ name: null, similarity: null, candidates: [] }]);
  expect(await recogniser.enrol('Ruby', [photo(RED), photo([230, 30, 10]), new Uint8Array([1, 2])])).toMatchObject({
    added: 2,
    skipped: [{ photo: 2, reason: expect.stringContaining('Not an image') }],
  });
  await recogniser.enrol('Gwen', [photo(GREEN)]);
  const found = await recogniser.identify(photo(GREEN, BLUE, RED));
  expect(found.map(({ name }) => name)).toEqual(['Gwen', null, 'Ruby']);
  // without a rate: the strictest measured one down to 1e-3
  expect(found[0].threshold).toEqual({ threshold: 0.95, falseAcceptRate: 0.01, on: 'many' });
  expect(found[2].candidates.map(({ name }) => name)).toEqual(['Ruby', 'Gwen']);
  expect(found[2].face?.box.x).toBe(8);
  expect(recogniser.people()).toEqual([
    { name: 'Ruby', photos: 2 },
    { name: 'Gwen', photos: 1 },
  ]);
  expect(recogniser.forget('Ruby')).toBe(true);
  expect(recogniser.forget('Ruby')).toBe(false);
  expect((await recogniser.identify(photo(RED)))[0].name).toBeNull();
  await expect(recogniser.enrol('Nobody', [new Uint8Array([1])])).rejects.toThrow(
    'None of the photos of "Nobody" can be used: ',
  );
  await expect(recogniser.enrol(' ', [photo(RED)])).rejects.toThrow('requires a name');
  await expect(open(filesOf({ metrics: [] })).identify(photo(RED))).rejects.toThrow('no thresholds');
});

test('a name is the same however its accents are written', async () => {
  const recogniser = open();
  const [composed, decomposed] = ['Zo\u00eb', 'Zoe\u0308'];
  await recogniser.enrol(decomposed, [photo(RED)]);
  await recogniser.enrol(composed, [photo(RED)]);
  expect(recogniser.people()).toEqual([{ name: decomposed, photos: 2 }]);
  expect(recogniser.forget(composed)).toBe(true);
  expect(recogniser.people()).toEqual([]);
});

test('a gallery is one file that is restored completely; one from another model, or a damaged one, changes nothing', async () => {
  const directory = await temporary();
  const path = join(directory, 'people.safetensors');
  const recogniser = open();
  await recogniser.enrol('__proto__', [photo(RED)]);
  await recogniser.enrol('Gwen', [photo(GREEN), photo(BLUE)]);
  await recogniser.save(path);
  expect(await readdir(directory)).toEqual(['people.safetensors']);
  const other = open();
  await other.load(path);
  expect(other.people()).toEqual(recogniser.people());
  expect(other.galleryBytes()).toEqual(recogniser.galleryBytes());
  expect((await other.identify(photo(RED)))[0]).toMatchObject({ name: '__proto__', similarity: expect.closeTo(1, 6) });
  // metrics do not change a model's identity; its weights do
  open(filesOf({ metrics: [] })).useGallery(recogniser.galleryBytes());
  await expect(open(filesOf({}, 2)).load(path)).rejects.toThrow('The gallery is from another model');

  const bytes = recogniser.galleryBytes();
  const cut = bytes.slice(0, -4);
  expect(() => other.useGallery(cut)).toThrow('safetensors file is damaged');
  const text = (from: string, to: string): Uint8Array =>
    Uint8Array.from(Buffer.from(Buffer.from(bytes).toString('latin1').replace(from, to), 'latin1'));
  expect(() => other.useGallery(text('photos\\":2', 'photos\\":3'))).toThrow('do not match its list of people');
  expect(() => other.useGallery(text('facewright-gallery', 'facewright-galleri'))).toThrow('not a gallery');
  const nan = bytes.slice();
  new DataView(nan.buffer).setFloat32(nan.length - 4, NaN, true);
  expect(() => other.useGallery(nan)).toThrow('do not match its list of people');
  await expect(other.load(join(directory, 'none'))).rejects.toThrow('There is no gallery here');
  expect(other.people()).toEqual(recogniser.people());
});

test('a stopped recogniser opens no more photos', async () => {
  const abort = new AbortController();
  const recogniser = recogniserFrom({
    files: filesOf(),
    model: means,
    engine,
    aligner,
    detector: async () => detector,
    open: openPhoto,
    signal: abort.signal,
  });
  abort.abort();
  await expect(recogniser.enrol('Ruby', [photo(RED)])).rejects.toThrow('Interrupted');
});

test('names in a card are looked up, never imported; an unsupported alignment is rejected', async () => {
  const path = join(await temporary(), 'planted.mjs');
  await writeFile(path, 'globalThis.planted = true; export default {};');
  await expect(createRecogniser({ model: filesOf({ model: { name: path as never, options: {} } }) })).rejects.toThrow(
    'neither built in nor one of your plugins',
  );
  expect(globalThis).not.toHaveProperty('planted');
  await expect(
    createRecogniser({ model: filesOf({ model: { name: 'mobilefacenet' as never, options: {} } }) }),
  ).rejects.toThrow('aligned as "columns", which no aligner here supports');
  expect(() => open(filesOf({ alignment: { fingerprint: 'rows', size: SIZE } }))).toThrow('trained on "rows"');
});
