/** The exported ONNX file in Python's onnxruntime, as its users would run it: the same embeddings as the engine's. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnx } from '@facewright/backend-onnx';
import { createRandom, type RgbImage } from '@facewright/core';
import { mobileFaceNet } from '@facewright/models';
import { findPython } from '@facewright/test/python';
import { openEngine, testContext } from '@facewright/testkit';
import { createEmbedder } from '@facewright/training';
import { expect, test } from 'vitest';
import { exportModel } from './export-model.js';
import { parityImages } from './parity-images.js';

const { python, missing } = findPython('python-onnxruntime', ['onnxruntime', 'numpy']);

const SCRIPT = `
import json, sys
import numpy, onnxruntime
path, shape, layout = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
images = numpy.fromfile(path + "/images.u8", numpy.uint8).reshape(shape).astype(numpy.float32)
if layout == "nchw":
    images = images.transpose(0, 3, 1, 2)
session = onnxruntime.InferenceSession(path + "/" + layout + "/model.onnx", providers=["CPUExecutionProvider"])
print(json.dumps(session.run(None, {session.get_inputs()[0].name: images})[0].tolist()))
`;

test.skipIf(missing)(
  `Python's onnxruntime gives the same embeddings${missing ? ` (skipped: ${missing})` : ''}`,
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'facewright-python-'));
    const engine = await openEngine(onnx());
    try {
      const [height, width, count] = [56, 48, 7];
      const reference = {
        name: 'mobilefacenet',
        options: { inputSize: [height, width] as [number, number], width: 0.25, embeddingSize: 32 },
      };
      const model = await mobileFaceNet(reference.options).create(testContext());
      const random = createRandom(1);
      const files = {
        card: {
          format: 1 as const,
          model: reference,
          inputSize: [height, width] as [number, number],
          embeddingSize: 32,
          alignment: { fingerprint: 'five points', size: 56 },
        },
        ...model.init(random.fork('model')),
      };
      const draw = random.fork('images');
      const images = Array.from({ length: count }, (): RgbImage => ({
        width,
        height,
        data: Uint8Array.from({ length: width * height * 3 }, () => Math.floor(256 * draw.uniform())),
      }));
      await writeFile(join(root, 'images.u8'), Buffer.concat(images.map(({ data }) => data)));
      const embedder = createEmbedder({ engine, model, ...files });
      const own = await embedder.embed(images);
      embedder.dispose();
      for (const layout of ['nchw', 'nhwc'] as const) {
        await exportModel({
          files,
          model,
          engine,
          comparison: await parityImages(join(root, 'model'), model.inputSize, 5),
          format: 'onnx',
          layout,
          out: join(root, layout),
        });
        const theirs = JSON.parse(
          execFileSync(python!, ['-c', SCRIPT, root, JSON.stringify([count, height, width, 3]), layout], {
            encoding: 'utf8',
          }),
        ) as number[][];
        expect(theirs).toHaveLength(count);
        theirs.forEach((embedding, i) =>
          embedding.forEach((value, k) => expect(Math.abs(value - own[i][k])).toBeLessThan(1e-5)),
        );
      }
    } finally {
      await engine.dispose();
      await rm(root, { recursive: true });
    }
  },
  120_000,
);
