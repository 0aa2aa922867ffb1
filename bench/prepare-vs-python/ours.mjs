// This side of the comparison: node ours.mjs <mode> <photos.json> <weights>. Prints { seconds, cpu, count } like
// contenders.py; a tenth of the photos is used to warm up. Detection processes the photos several times, because the
// machine's speed changes within seconds and the slower side sees the average.
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnx } from '@facewright/backend-onnx';
import { createRandom, landmarksFrom, SEED_TIERS } from '@facewright/core';
import { decodeImage, openJpegEncoder } from '@facewright/platform/node';
import { createDatasetWriter } from '@facewright/datasets';
import { createFivePointAligner, gaussianNoise, mtcnn, opening, prepare, saltAndPepper } from '@facewright/preprocess';

const [mode, listing, weights] = process.argv.slice(2);
const photos = JSON.parse(readFileSync(listing, 'utf8'));
const now = () => ({ wall: performance.now(), cpu: process.cpuUsage() });
const report = (begin, end, count) => {
  const cpu = end.cpu.user + end.cpu.system - begin.cpu.user - begin.cpu.system;
  process.stdout.write(`${JSON.stringify({ seconds: (end.wall - begin.wall) / 1e3, cpu: cpu / 1e6, count })}\n`);
};
const context = {
  random: createRandom(1),
  emit: () => {},
  signal: new AbortController().signal,
  engine: async () => (await onnx({ threads: 1 }).create(context)).open(),
  baseDirectory: '.',
};
const AUGMENTERS = { opening, 'gaussian-noise': gaussianNoise, 'salt-and-pepper': saltAndPepper };
const augmenters = () =>
  Promise.all(
    Object.entries(AUGMENTERS).map(async ([name, plugin]) => ({ name, augmenter: await plugin().create(context) })),
  );

/** From files to a dataset directory with two workers; `tiers`: with the three augmentations. */
async function pipeline(tiers, passes) {
  const { resolve } = createRequire(import.meta.url);
  const augment = tiers ? SEED_TIERS[3].augment : [];
  const out = await mkdtemp(join(tmpdir(), 'facewright-bench-'));
  // some of them to warm up; two people, the minimum for a dataset
  const warm = photos.slice(0, Math.ceil(photos.length / 10) + 8);
  const measured = Array.from({ length: passes }, () => photos).flat();
  const all = [...warm, ...measured, ...photos.slice(0, 12)];
  const half = Math.ceil(all.length / 2);
  const identity = (name, paths) => ({
    name,
    photos: paths.map((path, index) => ({
      id: `${name}/${index}`,
      identity: name,
      bytes: async () => new Uint8Array(await readFile(path)),
    })),
  });
  let begin;
  let end;
  await prepare({
    reader: {
      async *identities() {
        yield identity('a', all.slice(0, half));
        yield identity('b', all.slice(half));
      },
    },
    detector: () => mtcnn({ weights }).create(context),
    aligner: createFivePointAligner(112),
    tiers: [{ rule: { name: 'all', above: 0, augment }, augmenters: tiers ? await augmenters() : [] }],
    faces: 'exactly-one',
    writer: timedWriter(await createDatasetWriter(join(out, 'dataset')), (number) => {
      if (number === warm.length) begin = now();
      if (number === warm.length + measured.length) end = now();
    }),
    random: createRandom(1),
    seed: 1,
    emit: () => {},
    workers: {
      count: 2,
      recipe: {
        modules: ['preprocess', 'backend-onnx'].map((name) => resolve(`@facewright/${name}`)),
        baseDirectory: '.',
        where: 'the bench',
        backend: { name: 'onnx', threads: 1 },
        detector: { name: 'mtcnn', weights },
        aligner: 'five-point',
        augmenters: [augment],
      },
    },
  });
  await rm(out, { recursive: true });
  report(begin, end, measured.length);
}

/** Reports how many photos have been written, in order. */
function timedWriter(writer, told) {
  let number = 0;
  return {
    ...writer,
    addPhoto: async (...photo) => {
      await writer.addPhoto(...photo);
      told(++number);
    },
  };
}

/** One source of the fourth tier: alignment, three augmentations, four JPEGs in memory. */
async function tier() {
  const image = await decodeImage(readFileSync(photos[0].path));
  const landmarks = landmarksFrom(photos[0].points);
  const aligner = createFivePointAligner(112);
  const three = await augmenters();
  const encoder = await openJpegEncoder();
  const random = createRandom(1);
  const source = async (number) => {
    const face = aligner.align(image, landmarks);
    for (const made of [
      face,
      ...three.map(({ name, augmenter }) => augmenter.augment(face, random.fork(name, number))),
    ])
      await encoder.encode(made);
  };
  for (let i = 0; i < 200; i++) await source(i);
  const start = now();
  for (let i = 0; i < 10000; i++) await source(i);
  report(start, now(), 10000);
}

await { detect: () => pipeline(false, 8), seed: () => pipeline(true, 1), tier }[mode]();
process.exit(0);
