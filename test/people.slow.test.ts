/** `facewright embed` and `identify`: what they write, whom they name, and how a gallery forgets. */
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom, createRunContainer, pluginContext } from '@facewright/core';
import { mobileFaceNet } from '@facewright/models';
import { createFivePointAligner } from '@facewright/preprocess';
import { saveModel } from '@facewright/training';
import { expect, test } from 'vitest';
import { facewright, patches, put, temporary, writeConfig, writeDetector } from './helpers/tool.js';

// each test starts the tool several times, on machines that may be busy
/** Photos of three people and an untrained model, which only knows that the same photo gives the same embedding. */
async function place(): Promise<string> {
  const directory = await temporary();
  await writeDetector(directory);
  await writeConfig(directory, { detector: './centre.mjs' });
  const plugin = mobileFaceNet();
  const model = await plugin.create(pluginContext(createRunContainer(), 'model'));
  const { fingerprint, size } = createFivePointAligner(112);
  await saveModel(join(directory, 'model'), {
    card: {
      format: 1,
      model: { name: 'mobilefacenet', options: plugin.options },
      inputSize: [...model.inputSize],
      embeddingSize: model.embeddingSize,
      alignment: { fingerprint, size },
    },
    ...model.init(createRandom(1)),
  });
  for (const [index, name] of ['Ada', 'Bob', 'Cy'].entries())
    await put(
      join(directory, 'people', name, 'one.png'),
      await patches(index + 1, 160, 160)
        .png()
        .toBuffer(),
    );
  await put(join(directory, 'people', 'Bob', 'broken.jpg'), 'no photo');
  await put(join(directory, 'new', 'b.png'), await patches(2, 160, 160).png().toBuffer());
  return directory;
}

test('embeddings come as an array with one row per line, or as lines; photos without one are reported', async () => {
  const cwd = await place();
  const ended = await facewright(['embed', 'people', '--model', 'model', '--out', 'e.npy', '--json'], { cwd });
  expect(ended.json()).toMatchObject({
    files: ['e.npy', 'e.jsonl'],
    photos: 4,
    faces: 3,
    embeddingSize: 128,
    skipped: [{ photo: join('people', 'Bob', 'broken.jpg'), reason: expect.stringContaining('Not an image') }],
  });
  const npy = await readFile(join(cwd, 'e.npy'));
  const rows = new Float32Array(new Uint8Array(npy.subarray(-3 * 128 * 4)).buffer);
  expect(Math.hypot(...rows.subarray(128, 256))).toBeCloseTo(1, 4);
  const named = (await readFile(join(cwd, 'e.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(named.map(({ photo }) => photo)).toEqual(['Ada', 'Bob', 'Cy'].map((name) => join('people', name, 'one.png')));
  await facewright(['embed', 'new/b.png', '--model', 'model', '--out', 'b.jsonl', '--quiet'], { cwd });
  const { embedding, box } = JSON.parse(await readFile(join(cwd, 'b.jsonl'), 'utf8'));
  expect(box).toEqual([40, 40, 80, 80]);
  embedding.forEach((value: number, index: number) => expect(value).toBeCloseTo(rows[128 + index], 4));
  const refused = await facewright(['embed', 'new', '--model', 'model', '--out', 'e.csv'], { cwd });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('written as .npy, .jsonl or .parquet');
  const table = await facewright(['embed', 'people', '--model', 'model', '--out', 'e.parquet', '--json'], { cwd });
  expect(table.json()).toMatchObject({ files: ['e.parquet'], faces: 3 });
  expect((await readFile(join(cwd, 'e.parquet'))).subarray(0, 4).toString()).toBe('PAR1');
});

test("a person's photo is recognised from a folder and from a saved gallery, which forgets on command", async () => {
  const cwd = await place();
  const common = ['--model', 'model', '--threshold', '0.99999', '--json'];
  const found = await facewright(
    ['identify', 'new', '--gallery', 'people', '--save', 'people.safetensors', '--draw', 'drawn', ...common],
    { cwd },
  );
  expect(found.json()).toMatchObject({
    people: ['Ada', 'Bob', 'Cy'].map((name) => ({ name, photos: 1 })),
    skipped: [{ person: 'Bob', photo: join('people', 'Bob', 'broken.jpg') }],
    photos: [{ faces: [{ name: 'Bob', similarity: expect.closeTo(1, 4), box: [40, 40, 80, 80] }] }],
  });
  expect(await readdir(join(cwd, 'drawn'))).toEqual(['b.jpg']);
  const again = await facewright(['identify', 'new', '--gallery', 'people.safetensors', ...common], { cwd });
  expect((again.json() as { photos: unknown }).photos).toEqual((found.json() as { photos: unknown }).photos);
  const forgot = await facewright(
    ['identify', '--gallery', 'people.safetensors', '--model', 'model', '--forget', 'Bob', '--json'],
    { cwd },
  );
  expect(forgot.json()).toMatchObject({ forgotten: ['Bob'], people: [{ name: 'Ada' }, { name: 'Cy' }] });
  expect((await readFile(join(cwd, 'people.safetensors'))).includes('Bob')).toBe(false);
  const before = await readFile(join(cwd, 'people.safetensors'));
  const unmeasured = await facewright(['identify', 'new', '--model', 'model', '--gallery', 'people', '--json'], {
    cwd,
  });
  expect(unmeasured.code).toBe(1);
  expect(unmeasured.stderr).toContain("The model's card has no thresholds");
  expect(unmeasured.stderr).not.toContain('enrol'); // which may take an hour
  await put(join(cwd, 'strangers', 'Dee', 'broken.jpg'), 'no photo');
  await mkdir(join(cwd, 'strangers', 'Eve'));
  const nobody = await facewright(
    ['identify', 'new', '--gallery', 'strangers', '--save', 'people.safetensors', ...common],
    { cwd },
  );
  expect(nobody.code).toBe(1);
  expect(nobody.stderr).toContain('Nobody could be enrolled: None of the photos of "Dee" can be used');
  expect(await readFile(join(cwd, 'people.safetensors'))).toEqual(before);
});
