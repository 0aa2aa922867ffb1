/** `facewright evaluate` on real photos: a published model on pairs of LFW, out of the zip file. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRunContainer, pluginContext } from '@facewright/core';
import { loadInsightFaceY1, INSIGHTFACE_Y1 } from '@facewright/models/node';
import { fivePoint } from '@facewright/preprocess';
import { sharedData } from '@facewright/test/shared-data';
import { saveModel } from '@facewright/training';
import { expect, test } from 'vitest';
import { facewright, temporary } from './helpers/tool.js';

const [y1, zip, pairs] = [sharedData('models/insightface-y1'), sharedData('lfw/lfw-112x112.zip'), sharedData('lfw/pairs.txt')];

test.skipIf(!y1 || !zip || !pairs)('InsightFace y1 on 100 pairs of LFW (needs ../shared/data/models and lfw)', async () => {
  const directory = await temporary();
  const model = join(directory, 'model');
  const { fingerprint, size } = await fivePoint().create(pluginContext(createRunContainer(), 'test'));
  await saveModel(model, { card: { format: 1, model: { name: 'mobilefacenet', options: INSIGHTFACE_Y1 }, inputSize: [112, 112], embeddingSize: 128, alignment: { fingerprint, size } }, ...(await loadInsightFaceY1(y1!)) });
  const lines = (await readFile(pairs!, 'utf8')).split('\n');
  const few = join(directory, 'pairs.txt');
  await writeFile(few, ['1\t50', ...lines.slice(1, 51), ...lines.slice(301, 351)].join('\n'));
  const ended = await facewright(['evaluate', '--model', model, '--pairs', few, '--images', zip!, '--json'], { cwd: directory });
  expect(ended.json()).toMatchObject({ verification: { pairs: 100, skipped: 0 }, skipped: [] });
  expect(ended.json<{ verification: { accuracy: number } }>().verification.accuracy).toBeGreaterThanOrEqual(0.97);
}, 300_000);
