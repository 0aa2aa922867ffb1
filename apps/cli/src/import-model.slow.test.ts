// Files written by PyTorch, imported and compared with onnxruntime running their own graphs; exporting reverses
// importing.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { cpu } from '@facewright/backend-cpu';
import { compareImported } from '@facewright/convert';
import { createRandom, FacewrightError, hostTensor } from '@facewright/core';
import { mobileFaceNet } from '@facewright/models';
import { loadModelFiles } from '@facewright/training';
import { openEngine, testContext } from '@facewright/testkit';
import { afterAll, expect, test } from 'vitest';
import { exportModel } from './export-model.js';
import { importModel, type Imported, type ImportOptions } from './import-model.js';
import { parityImages } from './parity-images.js';

const root = await mkdtemp(join(tmpdir(), 'facewright import '));
afterAll(() => rm(root, { recursive: true }));

async function fixture(name: string): Promise<string> {
  const packed = await readFile(new URL(`../../../packages/convert/reference/ports/${name}.gz`, import.meta.url));
  const path = join(root, name);
  await writeFile(path, gunzipSync(packed));
  return path;
}

const importIt = (path: string, more: Partial<ImportOptions> = {}): Promise<Imported> =>
  importModel({ path, out: `${path}.model`, config: {}, baseDirectory: root, where: 'the test', ...more });

test.each(['graph-imagenet', 'graph-bgr-128', 'graph-unfolded', 'arcface-torch', 'insightface-pytorch'])(
  '%s.onnx agrees with its own graph on 30 images',
  async (name) => {
    const { directory, card } = await importIt(await fixture(`${name}.onnx`));
    expect(card.imported?.check).toMatchObject({ images: 30, on: 'drawn faces and patterns' });
    expect(card.imported!.check!.minimumCosine).toBeGreaterThan(0.99999);
    expect((await loadModelFiles(directory)).card).toEqual(card);
  },
);

test('a checkpoint has no graph to compare with; its embeddings must be finite', async () => {
  const { card, directory, filled } = await importIt(await fixture('arcface-torch.pt'));
  expect(card.imported).not.toHaveProperty('check');
  const { params, statistics } = await loadModelFiles(directory);
  const tensors = [...Object.values(params), ...Object.values(statistics)];
  expect(filled).toEqual({
    tensors: tensors.length,
    numbers: tensors.reduce((sum, { data }) => sum + data.length, 0),
  });
});

test('per-colour pixel scaling survives export and import', async () => {
  const imagenet = { offset: [123.675, 116.28, 103.53], scale: [0.017124, 0.017507, 0.017429] } as const;
  const options = {
    inputSize: 48,
    width: 0.125,
    embeddingSize: 8,
    inputScale: { offset: [...imagenet.offset], scale: [...imagenet.scale] } as never,
  };
  const model = await mobileFaceNet(options).create(testContext());
  const card = {
    format: 1 as const,
    model: { name: 'mobilefacenet', options },
    inputSize: [48, 48] as [number, number],
    embeddingSize: 8,
    alignment: { fingerprint: 'five points', size: 48 },
  };
  const state = model.init(createRandom(3));
  // so that the embedding of every image has a different direction, and some slopes of PReLU are above 1
  const shaken = Object.fromEntries(
    Object.entries(state.params).map(([name, { shape, data }], index) => {
      const random = createRandom(index);
      return [
        name,
        hostTensor(
          shape,
          Float32Array.from(
            data,
            (value) => value + (name.endsWith('/slope') ? 1.5 * random.uniform() : 0.3 * random.normal()),
          ),
        ),
      ];
    }),
  );
  const comparison = await parityImages(join(root, 'none'), model.inputSize, 5);
  for (const [format, layout, prelu] of [
    ['tfjs', 'nhwc'],
    ['onnx', 'nchw'],
    ['onnx', 'nhwc'],
    ['onnx', 'nchw', 'convolutions'],
  ] as const) {
    const out = join(root, `${format}-${layout}-${prelu}`);
    const files = { card, params: shaken, statistics: state.statistics };
    const engine = await openEngine(cpu());
    await exportModel({ files, model, engine, format, out, layout, prelu, comparison });
    if (format === 'tfjs') continue;
    const back = await importIt(join(out, 'model.onnx'), { out: join(root, `back-${layout}-${prelu}`) });
    const { offset, scale } = (back.card.model.options as { inputScale: typeof imagenet }).inputScale;
    offset.forEach((value, colour) => expect(value).toBeCloseTo(imagenet.offset[colour], 3));
    scale.forEach((value, colour) => expect(value).toBeCloseTo(imagenet.scale[colour], 6));
    expect(back.card.imported!.check!.minimumCosine).toBeGreaterThan(0.99999);
  }
});

test('a mismatch is rejected with both figures', () => {
  const [a, b] = [Float32Array.of(1, 0), Float32Array.of(0.6, 0.8)];
  expect(() => compareImported([a, b], [a, a], 'net.onnx')).toThrow(FacewrightError);
  expect(() => compareImported([a, b], [a, a], 'net.onnx')).toThrow(
    /the lowest cosine similarity is 0\.6.*at least 0\.9999/,
  );
  expect(() => compareImported([a], [Float32Array.of(1, 0, 0)], 'net.onnx')).toThrow(
    /have 2 numbers, but those of the file itself have 3/,
  );
});
