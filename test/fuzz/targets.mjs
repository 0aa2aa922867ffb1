// Fuzz targets: for each parser, valid files (created by this project's own writers where available) and how to read
// them. `fix` corrects checksums, so that a mutant gets past them. To add a parser, add an entry.
import { crc32 } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { createRandom, decodeSafetensors, encodeSafetensors, hostTensor } from '@facewright/core';
import { unpickle } from '@facewright/core/pickle';
import { planImport, readWeightsFile } from '@facewright/convert';
import {
  convertDataset,
  datasetInfo,
  flatFolder,
  openDataset,
  openImages,
  readPairs,
  readTemplates,
  trillionPairs,
  verifyDataset,
} from '@facewright/datasets';
import { loadConfig, openPhoto } from '@facewright/platform/node';
import { readEventLog } from '@facewright/report';
import { loadModelFiles, readStartingPoint, saveModel } from '@facewright/training';
import { encodeModel } from '../../packages/backend-onnx/dist/onnx/encode.js';
import { Checkpoints } from '../../packages/training/dist/checkpoint/checkpoints.js';
import { digestOf, sha256 } from '../../packages/training/dist/checkpoint/digest.js';

const reference = (path) => JSON.parse(readFileSync(new URL(`../../packages/${path}`, import.meta.url), 'utf8'));
const formats = reference('datasets/reference/formats.json');
const pickles = reference('core/reference/pickles.json').pickles;
const decoded = (text) => Buffer.from(text, 'base64');
const SIZE = 16;

const drawn = (seed) => {
  const random = createRandom(seed);
  const data = Buffer.from(Array.from({ length: SIZE * SIZE * 3 }, () => Math.floor(256 * random.uniform())));
  return sharp(data, { raw: { width: SIZE, height: SIZE, channels: 3 } });
};

/** Two people with two photos each. */
const people = async () => ({
  'anna/1.jpg': await drawn(1).jpeg().toBuffer(),
  'anna/2.jpg': await drawn(2).png().toBuffer(),
  'ben/1.jpg': await drawn(3).jpeg().toBuffer(),
  'ben/2.jpg': await drawn(4).jpeg().toBuffer(),
});

/** The files that `convert` writes for them. */
const written = (to) => async (make) => {
  const photos = await make('people', await people());
  const directory = `${photos}-${to}`;
  await convertDataset(photos, directory, { to, alignment: (size) => `five-point-${size}` });
  return make.read(directory);
};

const one = (name, bytes) => async () => ({ [name]: Buffer.from(await bytes()) });

async function useSet(path) {
  await datasetInfo(path);
  await verifyDataset(path);
}

async function useReader(plugin) {
  const signal = new AbortController().signal;
  const reader = await plugin.create({ baseDirectory: '.', emit: () => undefined, signal, random: createRandom(0) });
  for await (const { photos } of reader.identities())
    for (const photo of photos) if (!photo.excluded) await photo.bytes().catch(expected);
}

/** An unreadable photo is skipped, which is also one of our errors. */
function expected(error) {
  if (error?.what === undefined) throw error;
}

async function useWeights(path) {
  const file = await readWeightsFile(path);
  await Promise.resolve()
    .then(() => planImport(file, {}))
    .catch(expected);
}

/** The header checksums of a tar file, for headers still in their place. */
function withTarSums(bytes) {
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    if (bytes.toString('latin1', at + 257, at + 262) !== 'ustar') continue;
    bytes.write('        ', at + 148, 'latin1');
    const sum = bytes.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
  }
  return bytes;
}

function withIndexSum(bytes) {
  if (bytes.length > 4) bytes.writeUInt32LE(crc32(bytes.subarray(0, bytes.length - 4)), bytes.length - 4);
  return bytes;
}

/** The digest that a checkpoint's `state.json` contains of itself. */
function withDigest(bytes) {
  try {
    const { sha256: _, ...rest } = JSON.parse(bytes.toString());
    return Buffer.from(JSON.stringify({ ...rest, sha256: digestOf(rest) }));
  } catch {
    return bytes;
  }
}

const tensors = {
  'params/stem/kernel': hostTensor([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)),
  'statistics/stem/mean': hostTensor([2], Float32Array.of(1, 2)),
};
const card = {
  format: 1,
  model: { name: 'mobilefacenet', options: { width: 1 } },
  inputSize: [112, 112],
  embeddingSize: 128,
  alignment: { fingerprint: 'five-point-112', size: 112 },
};

async function model(make) {
  const directory = await make('model', {});
  await saveModel(directory, { card, params: { a: tensors['params/stem/kernel'] }, statistics: {} });
  return make.read(directory);
}

async function checkpoint(make) {
  const directory = await make('checkpoints', {});
  const checkpoints = new Checkpoints(directory, 3, { people: 'x' }, () => undefined);
  const position = { step: 1, stage: 0, record: { steps: 1, recent: [1], setbacks: 0, memories: [{}] } };
  const about = { model: card.model, alignment: card.alignment, loss: 'softmax' };
  const path = await checkpoints.write({ position, state: tensors }, { epoch: 0, batchInEpoch: 0, rate: 0.1, about });
  return make.read(path);
}

const onnx = () =>
  encodeModel({
    name: 'net',
    opsets: { '': 18 },
    inputs: [{ name: 'x', type: 'float32', shape: ['N', 3, 8, 8] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['N', 2] }],
    initializers: [
      { name: 'w', type: 'float32', shape: [2, 3, 1, 1], data: Float32Array.from({ length: 6 }, (_, i) => i) },
      { name: 's', type: 'int64', shape: [2], data: BigInt64Array.of(1n, -1n) },
    ],
    nodes: [
      {
        op: 'Conv',
        name: 'c',
        inputs: ['x', 'w'],
        outputs: ['h'],
        domain: '',
        attributes: { strides: { ints: [1, 1] }, alpha: { float: 0.5 }, mode: { string: 'a' }, group: { int: 1 } },
      },
      { op: 'Reshape', name: 'r', inputs: ['h', 's'], outputs: ['y'], domain: '', attributes: {} },
    ],
  });

/** What `torch.save` wrote before 1.6: pickles, then the numbers. */
function legacyTorch() {
  const head = Buffer.from('80028a0a6cfc9c46f9206aa850192e80024de9032e80027d2e', 'hex');
  const text = (value) => Buffer.concat([Buffer.of(0x58, value.length, 0, 0, 0), Buffer.from(value)]);
  const value = Buffer.concat([
    Buffer.from('\x80\x02}', 'latin1'),
    text('w'),
    Buffer.from('ctorch._utils\n_rebuild_tensor_v2\n((', 'latin1'),
    text('storage'),
    Buffer.from('ctorch\nFloatStorage\n'),
    text('0'),
    text('cpu'),
    Buffer.from('K\x04NtQK\x00K\x02K\x02\x86K\x02K\x01\x86\x89}tRs.', 'latin1'),
  ]);
  const keys = Buffer.concat([Buffer.from('\x80\x02]', 'latin1'), text('0'), Buffer.from('a.')]);
  return Buffer.concat([head, value, keys, Buffer.of(4, 0, 0, 0, 0, 0, 0, 0), Buffer.from(new Float32Array(4).buffer)]);
}

/** 2 × 2 of 8 bits. */
function bitmap() {
  const bytes = Buffer.alloc(54 + 8 + 8, 1);
  bytes.fill(0, 0, 54).write('BM');
  for (const [value, at] of [
    [62, 10],
    [40, 14],
    [2, 18],
    [2, 22],
    [2, 46],
  ])
    bytes.writeInt32LE(value, at);
  bytes.writeUInt16LE(8, 28);
  return bytes;
}

/** Protocol 0. */
const oldPickle = () =>
  String.raw`((lp0|S'\xff\xd8\'\101'|p1|aF2.5|aL1099511627776L|aNa(dp7|Va|p8|(lp9|I1|aI2|asag8|a(lp11|I01|aI00|atp12|.`.replaceAll(
    '|',
    '\n',
  );

const POINTS = '3 5 6 5 4 7 3 9 6 9';
const records = (set) => async () => ({
  'train.rec': decoded(formats[set].rec),
  'train.idx': Buffer.from(formats[set].idx),
  'train.lst': Buffer.from(formats[set].lst),
});

/**
 * `seeds`: each returns files by name; `mutable`: the files to change, by default all; `read` receives their folder.
 */
export const targets = {
  image: {
    seeds: [
      ...['jpeg', 'png', 'webp', 'gif', 'tiff'].map((format) =>
        one('photo.jpg', () => drawn(5).toFormat(format).toBuffer()),
      ),
      one('photo.jpg', bitmap),
      one('photo.jpg', () => `P3 # made here\n2 2 255\n${Array(12).fill(7).join(' ')}`),
      one('photo.jpg', () => Buffer.concat([Buffer.from('P6 2 2 255\n'), Buffer.alloc(12, 9)])),
    ],
    read: (folder) => openPhoto(join(folder, 'photo.jpg')),
  },
  rec: { seeds: [records('numbered'), records('pairs'), written('insightface-rec')], mutable: /\.rec$/, read: useSet },
  idx: { seeds: [records('numbered'), records('pairs')], mutable: /\.idx$/, read: useSet },
  lst: { seeds: [records('numbered'), records('pairs')], mutable: /\.lst$/, read: useSet },
  bin: {
    seeds: Object.values(formats.bin).map((text) => one('set.bin', () => decoded(text))),
    read: async (folder) => {
      await readPairs(join(folder, 'set.bin'));
      await useSet(join(folder, 'set.bin'));
    },
  },
  pickle: {
    seeds: Object.values(pickles)
      .flatMap((all) => Object.values(all).map((text) => one('a.pkl', () => decoded(text))))
      .concat(one('a.pkl', oldPickle)),
    read: async (folder) => unpickle(await readFile(join(folder, 'a.pkl')), 'a.pkl'),
  },
  torch: { seeds: [one('a.pth', legacyTorch)], read: (folder) => useWeights(join(folder, 'a.pth')) },
  tar: {
    seeds: [written('webdataset'), one('a.tar', () => decoded(formats.webdataset.tar))],
    mutable: /\.tar$/,
    fix: withTarSums,
    read: useSet,
  },
  zip: {
    seeds: [formats.zip, formats.zipOfPeople].map((text) => one('a.zip', () => decoded(text))),
    read: async (folder) => {
      const path = join(folder, 'a.zip');
      const images = await openImages(path);
      images.close();
      await useSet(path);
    },
  },
  safetensors: {
    seeds: [one('a.safetensors', () => encodeSafetensors(tensors, { made: 'here' }))],
    read: async (folder) => {
      decodeSafetensors(await readFile(join(folder, 'a.safetensors')), 'a.safetensors');
      await useWeights(join(folder, 'a.safetensors'));
    },
  },
  onnx: { seeds: [one('a.onnx', onnx)], read: (folder) => useWeights(join(folder, 'a.onnx')) },
  index: { seeds: [written('dataset')], mutable: /^index\.bin$/, fix: withIndexSum, read: useDataset },
  'dataset.json': { seeds: [written('dataset')], mutable: /^dataset\.json$/, read: useDataset },
  model: {
    seeds: [model],
    fix: (bytes) => bytes,
    read: async (folder) => {
      await loadModelFiles(folder);
      await readStartingPoint(folder);
    },
  },
  weights: {
    seeds: [model],
    mutable: /safetensors$/,
    // the card's checksum of the weights, so that they are read
    fix: (bytes, files) => {
      const own = JSON.parse(files['model.json'].toString());
      files['model.json'] = Buffer.from(
        JSON.stringify({ ...own, weights: { ...own.weights, bytes: bytes.length, sha256: sha256(bytes) } }),
      );
      return bytes;
    },
    read: loadModelFiles,
  },
  checkpoint: { seeds: [checkpoint], mutable: /\.json$/, fix: withDigest, read: readStartingPoint },
  pairs: {
    seeds: [
      one('pairs.txt', () => '2\t1\nA 1 2\nA 1 B 2\nB 1 2\nB 3 A 1\n'),
      one(
        'pairs.txt',
        () => '# mine\na/1.jpg\ta/2.jpg\t1\t0\na/1.jpg\tb/1.jpg\t0\t0\na, b.jpg\tc.jpg\t1\t1\nd.jpg\tc.jpg\t0\t1\n',
      ),
      one('pairs.txt', () => 'a/1.jpg a/2.jpg 1\na/1.jpg b/1.jpg 0\n'),
    ],
    read: (folder) => readPairs(join(folder, 'pairs.txt')),
  },
  templates: {
    seeds: [
      one('images.txt', () => 'a/1.jpg 1 anna\na/2.jpg 2 anna\nb/1.jpg 3 ben\nb/2.jpg 3 ben\n'),
      async () => ({
        'images.txt': Buffer.from('a/1.jpg 1\na/2.jpg 2\nb/1.jpg 3\n'),
        'pairs.txt': Buffer.from('1 2 1\n1 3 0\n'),
      }),
    ],
    read: async (folder, files) =>
      readTemplates(join(folder, 'images.txt'), files['pairs.txt'] && join(folder, 'pairs.txt')),
  },
  landmarks: {
    seeds: [
      one('a_lmk', () => `anna/1.jpg 0 ${POINTS}\nben/1.jpg 1 ${POINTS}\nanna/2 b.jpg 0 ${POINTS}\n`),
      one('a_lmk', () => 'anna/1.jpg 0\nben/1.jpg 1\n'),
      one('a_lmk', () => `anna/1.jpg ${POINTS}\nben/1.jpg ${POINTS}\n`),
    ],
    read: (folder) => useReader(trillionPairs({ path: join(folder, 'a_lmk') })),
  },
  config: {
    seeds: [
      one(
        'facewright.config.json',
        () =>
          '{ "seed": 2, "batch": 16, "stages": [{ "loss": { "name": "arcface", "m": 0.4 }, "until": { "steps": 10 } }] }',
      ),
      one(
        'facewright.config.yaml',
        () =>
          'seed: 7\nlimits: { maxBytes: 1000 }\nstages:\n  - loss: { name: arcface, m: 0.4 }\n    until: { steps: 10 }\n',
      ),
    ],
    read: (folder, files) => loadConfig({ path: join(folder, Object.keys(files)[0]) }),
  },
  events: {
    seeds: [
      one(
        'events.jsonl',
        () => '{"type":"notice","at":1,"level":"info","message":"a"}\n{"type":"progress","at":2,"task":"a","done":1}\n',
      ),
    ],
    read: async (folder) => readEventLog(join(folder, 'events.jsonl')),
  },
  folder: { seeds: [people], read: useFolder },
  // files written for other programs: nothing may be written outside
  convert: {
    seeds: [one('a.tar', () => decoded(formats.webdataset.tar)), one('a.zip', () => decoded(formats.zipOfPeople))],
    fix: withTarSums,
    writes: true,
    read: async (folder, files) => {
      const [name] = Object.keys(files);
      await convertDataset(join(folder, name), join(folder, 'out'), { to: 'folder' });
    },
  },
};

async function useDataset(folder) {
  const dataset = await openDataset(folder);
  try {
    for (const index of dataset.labels.keys()) await dataset.read(index).catch(expected);
  } finally {
    await dataset.close();
  }
}

async function useFolder(folder) {
  await useSet(folder);
  await useReader(flatFolder({ path: join(folder, 'anna') }));
}
