import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@facewright/backend-cpu';
import { createRandom, FacewrightError, hostTensor, type Engine } from '@facewright/core';
import { mobileFaceNet } from '@facewright/models';
import { openEngine, testContext } from '@facewright/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXPORT_FORMATS, type ExportCard } from './export-card.js';
import { exportModel, type ExportOptions } from './export-model.js';
import { parityImages } from './parity-images.js';

const root = await mkdtemp(join(tmpdir(), 'facewright export '));
afterAll(() => rm(root, { recursive: true }));

let options: Omit<ExportOptions, 'format' | 'out'>;
beforeAll(async () => {
  const reference = {
    name: 'mobilefacenet',
    options: {
      inputSize: [20, 16] as [number, number],
      width: 0.125,
      embeddingSize: 8,
      bottlenecks: [[2, 64, 1, 2]] as [number, number, number, number][],
    },
  };
  const model = await mobileFaceNet(reference.options).create(testContext());
  const card = {
    format: 1 as const,
    model: reference,
    inputSize: [20, 16] as [number, number],
    embeddingSize: 8,
    alignment: { fingerprint: 'five | points', size: 20 },
    licences: { data: 'public domain' },
  };
  options = {
    files: { card, ...model.init(createRandom(1)) },
    model,
    engine: await openEngine(cpu()),
    comparison: await parityImages(join(root, 'model'), model.inputSize, 5),
  };
});

test.each(EXPORT_FORMATS)('%s: files, card and text', async (format) => {
  const out = join(root, format);
  const { card } = await exportModel({ ...options, format, out });
  expect((await readdir(out)).sort()).toEqual(
    ['README.md', 'card.json', ...(format === 'onnx' ? ['model.onnx'] : ['model.json', 'weights.bin'])].sort(),
  );
  expect(JSON.parse(await readFile(join(out, 'card.json'), 'utf8'))).toEqual(card);
  const { parity, files, input } = (card as ExportCard).export;
  expect(parity).toMatchObject({ images: 5, on: 'drawn faces and patterns', required: 0.99999 });
  expect(parity.minimumCosine).toBeGreaterThan(0.999999);
  expect(input).toMatchObject({
    name: 'images',
    shape: format === 'onnx' ? ['batch', 3, 20, 16] : ['batch', 20, 16, 3],
  });
  for (const [name, { bytes }] of Object.entries(files)) expect(await readFile(join(out, name))).toHaveLength(bytes);
  const text = await readFile(join(out, 'README.md'), 'utf8');
  for (const wanted of ['five \\| points', 'public domain', 'not stated']) expect(text).toContain(wanted);
});

test('an engine that disagrees fails the export, and nothing is written', async () => {
  const { engine } = options;
  const wrong: Engine = {
    ...engine,
    compile: (step, compileOptions) => {
      const executable = engine.compile(step, compileOptions);
      return {
        ...executable,
        run: async (inputs) => {
          const { embeddings, ...others } = await executable.run(inputs);
          return {
            ...others,
            embeddings: hostTensor(
              embeddings.shape,
              Float32Array.from(embeddings.data, (value, i) => (i % 8 === 3 ? value + 0.01 : value)),
            ),
          };
        },
      };
    },
  };
  for (const format of EXPORT_FORMATS)
    await expect(exportModel({ ...options, engine: wrong, format, out: join(root, 'refused') })).rejects.toThrow(
      FacewrightError,
    );
  expect(await readdir(root)).not.toContain('refused');
});
