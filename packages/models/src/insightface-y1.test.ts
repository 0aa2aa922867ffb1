import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, FacewrightError, type HostTensors } from '@facewright/core';
import { sharedData } from '@facewright/test/shared-data';
import { testContext } from '@facewright/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mobileFaceNet } from './index.js';
import { INSIGHTFACE_Y1, loadInsightFaceY1 } from './node.js';

const weights = sharedData('models/insightface-y1');
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facewright-y1-'));
});
afterAll(() => rm(directory, { recursive: true }));

test.skipIf(!weights)(
  "the loaded state has the model's names and shapes (needs ../shared/data/models/insightface-y1)",
  async () => {
    const fresh = (await mobileFaceNet(INSIGHTFACE_Y1).create(testContext())).init(createRandom(1));
    const loaded = await loadInsightFaceY1(weights!);
    const shapes = (state: HostTensors): unknown =>
      Object.fromEntries(Object.entries(state).map(([name, { shape }]) => [name, shape]));
    expect(shapes(loaded.params)).toEqual(shapes(fresh.params));
    expect(shapes(loaded.statistics)).toEqual(shapes(fresh.statistics));
    for (const { data } of [...Object.values(loaded.params), ...Object.values(loaded.statistics)])
      expect(data.every(Number.isFinite)).toBe(true);
    expect(
      Object.entries(loaded.statistics).every(
        ([name, { data }]) => !name.endsWith('variance') || data.every((v) => v >= 0),
      ),
    ).toBe(true);
  },
);

test('an unusable directory is an error that names it', async () => {
  const failure = (): Promise<unknown> =>
    loadInsightFaceY1(directory).then(
      () => undefined,
      (error: unknown) => error,
    );
  const expectError = async (text: RegExp): Promise<void> => {
    const error = await failure();
    expect(error).toBeInstanceOf(FacewrightError);
    expect((error as FacewrightError).where).toBe(directory);
    expect((error as FacewrightError).what).toMatch(text);
  };
  await expectError(/Cannot read the weights/);
  await writeFile(join(directory, 'weights.f32'), new Uint8Array(8));
  await writeFile(join(directory, 'manifest.json'), '{"tensors": [{"name": 3}]}');
  await expectError(/not a list of tensors/);
  await writeFile(join(directory, 'manifest.json'), '{"tensors": []}');
  await expectError(/no tensor "arg:conv_1_conv2d_weight"/);
  await writeFile(
    join(directory, 'manifest.json'),
    JSON.stringify({ tensors: [{ name: 'arg:conv_1_conv2d_weight', shape: [64, 3, 3, 3], offset: 0 }] }),
  );
  await expectError(/ends before/);
});
