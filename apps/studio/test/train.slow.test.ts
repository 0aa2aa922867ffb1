/**
 * The “Train” page on drawn people, in Chromium: learns to tell strangers apart, and its model is used on “Match”, on
 * “Runs” and by onnxruntime.
 */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onnx, openOnnxModel } from '@facewright/backend-onnx';
import { IMAGES } from '@facewright/convert';
import { createRunContainer, hostTensor, pluginContext } from '@facewright/core';
import { createEmbedder, loadModelFiles } from '@facewright/training';
import { mobileFaceNet } from '@facewright/models';
import { sharedData } from '@facewright/test/shared-data';
import { temporary } from '@facewright/test/tool';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elsewhere, faultsInEveryLook, noBrowser, openStudio, picture, type OpenPage } from './browser.js';

const MINUTES = 60_000;

describe.skipIf(noBrowser)(`training in the page${noBrowser}`, () => {
  let studio: OpenPage;
  beforeAll(async () => {
    studio = await openStudio();
  }, 2 * MINUTES);
  afterAll(() => studio?.close());

  test(
    'drawn people: live curves, the engine named, and at least 80 % on unseen people',
    async () => {
      const { page } = studio;
      await page.getByRole('link', { name: 'Train' }).click();
      const here = page.getByRole('region', { name: 'Train', exact: true });
      // fewer than the form proposes, and still enough to tell strangers apart
      const fewer = { People: 40, 'Photos per person': 6, 'Maximum softmax steps': 120, 'Margin loss steps': 60 };
      for (const [label, value] of Object.entries(fewer))
        await here.getByLabel(label, { exact: true }).fill(String(value));
      await page.getByRole('button', { name: 'Train' }).click();
      // SwiftShader is an adapter that `auto` must not use
      await expect
        .poll(() => here.innerText(), { timeout: 3 * MINUTES })
        .toMatch(/Engine: wasm \([^]*WebGPU is not used because this browser only emulates it on the CPU/);
      await here.getByText(/^Training: .* · (at most )?.* left$/).waitFor({ timeout: 3 * MINUTES });
      await expect.poll(() => here.locator('svg').count(), { timeout: 3 * MINUTES }).toBeGreaterThan(1);
      expect(await faultsInEveryLook(page, 'train-live')).toEqual([]);
      await page.getByText(/Done in/).waitFor({ timeout: 9 * MINUTES });
      expect(await faultsInEveryLook(page, 'train-done')).toEqual([]);
      const told = Number(/([\d.]+) % of the pairs of unseen people/.exec(await here.innerText())?.[1]);
      expect(told).toBeGreaterThanOrEqual(80);
      await picture(page, 'train', 1700);
    },
    15 * MINUTES,
  );

  test(
    'the model downloads as ONNX, and gives the page’s own embeddings in onnxruntime',
    async () => {
      const { page } = studio;
      const saved = async (name: string): Promise<Buffer> => {
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('button', { name }).click(),
        ]);
        return readFile(await download.path());
      };
      const files = unzipSync(await saved('Download the run (zip)'));
      const [model, directory] = [await saved('Download the model as ONNX'), await temporary()];
      for (const [path, bytes] of Object.entries(files)) {
        if (path.endsWith('/')) continue;
        const target = join(directory, ...path.split('/').slice(1));
        await mkdir(join(target, '..'), { recursive: true });
        await writeFile(target, bytes);
      }
      const { card, params, statistics } = await loadModelFiles(join(directory, 'model'));
      const context = pluginContext(createRunContainer(), 'test');
      const engine = await (await onnx().create(context)).open();
      const side = card.inputSize[0];
      const image = {
        width: side,
        height: side,
        data: Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 7919) % 256),
      };
      const embedder = createEmbedder({
        engine,
        model: await mobileFaceNet(card.model.options as never).create(context),
        params,
        statistics,
      });
      const [own] = await embedder.embed([image]);
      const session = await openOnnxModel(model, 'the download');
      const planes = Float32Array.from(
        { length: 3 * side * side },
        (_, i) => image.data[(i % (side * side)) * 3 + Math.floor(i / (side * side))],
      );
      const [output] = Object.values(await session.run({ [IMAGES]: hostTensor([1, 3, side, side], planes) }));
      await session.dispose();
      const theirs = output.data as Float32Array;
      const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
      expect(dot(own, theirs) / Math.sqrt(dot(own, own) * dot(theirs, theirs))).toBeGreaterThan(0.99999);
      await engine.dispose();
    },
    2 * MINUTES,
  );

  test(
    'it tells drawn strangers apart on “Match”',
    async () => {
      const { page } = studio;
      await page.getByRole('link', { name: 'Match faces with it' }).click();
      const here = page.getByRole('region', { name: 'Match', exact: true });
      // the page draws people at random, and a network trained for a few minutes is wrong about some of them
      const verdicts = async (button: string): Promise<string[]> => {
        const told: string[] = [];
        for (let draw = 0; draw < 12; draw++) {
          // two draws in a row may have the same cosine
          await here
            .locator('.answer')
            .evaluateAll((former) => former.forEach((each) => each.setAttribute('data-former', '')));
          await here.getByRole('button', { name: button }).click();
          await here.locator('.answer:not([data-former])').waitFor({ timeout: MINUTES });
          const [, verdict, cosine, why] =
            /(Same person|Two people)\s+Cosine (-?[\d.]+), (.*)\./.exec(await here.innerText()) ?? [];
          expect(cosine).toMatch(/^-?[01]\.\d{4}$/);
          expect(why).toMatch(
            verdict === 'Two people'
              ? /^below the threshold 0\.\d+ for 1 in 100 false accepts$/
              : /^at or above the threshold 0\.\d+ for 1 in 100 false accepts$/,
          );
          told.push(verdict);
        }
        return told;
      };
      expect(
        (await verdicts('Draw one person twice')).filter((verdict) => verdict === 'Same person').length,
      ).toBeGreaterThanOrEqual(3);
      expect(await here.getByText('drawn faces only').count()).toBe(0); // because these are drawn too
      await picture(page, 'match', 1330);
      expect(
        (await verdicts('Draw two people')).filter((verdict) => verdict === 'Two people').length,
      ).toBeGreaterThanOrEqual(10);
    },
    5 * MINUTES,
  );

  test('it is listed in full among the runs', async () => {
    const { page } = studio;
    await page.getByRole('link', { name: 'Runs' }).click();
    await page.getByRole('region', { name: 'Report of studio run 1' }).waitFor();
    expect(await page.getByRole('region', { name: 'Report of studio run 1' }).innerText()).toMatch(/arcface/i);
  });

  test('no requests went anywhere but to the page’s own server, and nothing went wrong', () => {
    expect(studio.requests.length).toBeGreaterThan(3);
    expect(elsewhere(studio)).toEqual([]);
    expect(studio.problems).toEqual([]);
  });
});

const [people, mtcnn] = [sharedData('people'), sharedData('mtcnn/mtcnn_model-shard1')];
const reason = noBrowser || (people && mtcnn ? '' : ' (needs ../shared/data: people and mtcnn)');

test.skipIf(reason)(
  `five people with three photos each are enough to train, and the verdict says what the result means${reason}`,
  async () => {
    const folder = join(await temporary(), 'photos');
    for (const person of await readdir(people!)) {
      const photos = (await readdir(join(people!, person))).sort().slice(0, 3);
      for (const photo of photos) await cp(join(people!, person, photo), join(folder, person, photo));
    }
    const studio = await openStudio();
    try {
      const { page } = studio;
      await page.getByRole('link', { name: 'Train' }).click();
      const here = page.getByRole('region', { name: 'Train', exact: true });
      await here.getByLabel('Train on').selectOption({ label: 'a folder of people' });
      await here.getByLabel('Choose a folder…').setInputFiles(folder);
      await here.getByText('15 photos of 5 people.').waitFor();
      const file = here.getByLabel('Choose the file…');
      if (await file.count()) await file.setInputFiles(mtcnn!);
      await here.getByText('Ready: the MTCNN weights').waitFor();
      await here.getByLabel('Maximum softmax steps').fill('5');
      await here.getByLabel('Margin loss steps').fill('5');
      await here.getByRole('button', { name: 'Train', exact: true }).click();
      await here.getByText(/Done in/).waitFor({ timeout: 4 * MINUTES });
      const verdict = here.getByRole('region', { name: 'Verdict' });
      await verdict.getByText('people to learn from').waitFor();
      expect(await faultsInEveryLook(page, 'train-verdict')).toEqual([]);
      expect(await here.getByRole('alert').allInnerTexts()).not.toContainEqual(expect.stringMatching(/\S/));
      expect(elsewhere(studio)).toEqual([]);
      expect(studio.problems).toEqual([]);
    } finally {
      await studio.close();
    }
  },
  6 * MINUTES,
);
