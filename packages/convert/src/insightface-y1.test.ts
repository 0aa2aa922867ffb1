// InsightFace's y1 as plain arrays: what a folder must hold, and that its tensors are all used.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, FacewrightError, type HostTensors } from '@facewright/core';
import { mobileFaceNet } from '@facewright/models';
import { sharedData } from '@facewright/test/shared-data';
import { readY1 } from '@facewright/test/y1';
import { testContext } from '@facewright/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { planImport, readWeightsFile } from './index.js';

const weights = sharedData('models/insightface-y1');
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facewright-y1-'));
});
afterAll(() => rm(directory, { recursive: true }));

test.skipIf(!weights)(
  "the state has the model's names and shapes, and nothing is left over (needs ../shared/data/models/insightface-y1)",
  async () => {
    const plan = planImport(await readWeightsFile(weights!));
    expect(plan.unused).toEqual([]);
    expect(plan.options).toMatchObject({ batchNormEpsilon: 1e-3, embeddingEpsilon: 2e-5, embeddingBias: true });
    const { options, params, statistics } = await readY1(weights!);
    const fresh = (await mobileFaceNet(options).create(testContext())).init(createRandom(1));
    const shapes = (state: HostTensors): unknown =>
      Object.fromEntries(Object.entries(state).map(([name, { shape }]) => [name, shape]));
    expect([shapes(params), shapes(statistics)]).toEqual([shapes(fresh.params), shapes(fresh.statistics)]);
    // fixed in MXNet, whatever the file says
    expect(params['embedding/gamma'].data.every((value) => value === 1)).toBe(true);
    for (const [name, { data }] of Object.entries(statistics))
      expect(data.every((value) => Number.isFinite(value) && (value >= 0 || !name.endsWith('variance')))).toBe(true);
  },
);

test('an unusable folder is an error that names it', async () => {
  const expectError = async (text: RegExp): Promise<void> => {
    const error = await readWeightsFile(directory).then(planImport, (thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FacewrightError);
    expect((error as FacewrightError).where).toBe(directory);
    expect((error as FacewrightError).what).toMatch(text);
  };
  const manifest = (tensors: unknown): Promise<void> =>
    writeFile(join(directory, 'manifest.json'), JSON.stringify({ tensors }));
  await expectError(/it has no manifest.json/);
  await manifest([{ name: 3 }]);
  await expectError(/Cannot read the weights/);
  await writeFile(join(directory, 'weights.f32'), new Uint8Array(8));
  await expectError(/not a list of tensors/);
  await manifest([{ name: 'a', shape: [64, 3, 3, 3], offset: 0 }]);
  await expectError(/lists 1728 numbers, more than the 8 bytes/);
  await manifest([{ name: 'a', shape: [2], offset: 4 }]);
  await expectError(/ends before the tensor "a"/);
});
