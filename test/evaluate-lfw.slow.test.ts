/**
 * `facewright import` and `facewright evaluate` on real photos: a published model on pairs of LFW, from the zip file.
 * All 6,000 give 99.20 %.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sharedData } from '@facewright/test/shared-data';
import { expect, test } from 'vitest';
import { facewright, temporary } from './helpers/tool.js';

const [y1, zip, pairs] = [
  sharedData('models/insightface-y1'),
  sharedData('lfw/lfw-112x112.zip'),
  sharedData('lfw/pairs.txt'),
];

test.skipIf(!y1 || !zip || !pairs)(
  'InsightFace y1 on 100 pairs of LFW (needs ../shared/data/models and lfw)',
  async () => {
    const directory = await temporary();
    const model = join(directory, 'model');
    expect((await facewright(['import', y1!, '--out', model, '--quiet'])).code).toBe(0);
    const lines = (await readFile(pairs!, 'utf8')).split('\n');
    const few = join(directory, 'pairs.txt');
    await writeFile(few, ['1\t50', ...lines.slice(1, 51), ...lines.slice(301, 351)].join('\n'));
    const ended = await facewright(['evaluate', '--model', model, '--pairs', few, '--images', zip!, '--json'], {
      cwd: directory,
    });
    expect(ended.json()).toMatchObject({ verification: { pairs: 100, skipped: 0 }, skipped: [] });
    expect(ended.json<{ verification: { accuracy: number } }>().verification.accuracy).toBeGreaterThanOrEqual(0.97);
  },
  300_000,
);
