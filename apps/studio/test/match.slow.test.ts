/** The “Match” page on real photos, with MTCNN and a published model: one person twice, then two people. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRunContainer, pluginContext } from '@facewright/core';
import { fivePoint } from '@facewright/preprocess';
import { saveModel } from '@facewright/training';
import { sharedData } from '@facewright/test/shared-data';
import { readY1 } from '@facewright/test/y1';
import { temporary } from '@facewright/test/tool';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { elsewhere, faultsInEveryLook, noBrowser, openStudio, picture } from './browser.js';

const [y1, mtcnn, people] = [
  sharedData('models/insightface-y1'),
  sharedData('mtcnn/mtcnn_model-shard1'),
  sharedData('people'),
];
const reason = noBrowser || (y1 && mtcnn && people ? '' : ' (needs ../shared/data: models, mtcnn and people)');

/** Photos scaled to one height, side by side. */
async function sideBySide(photos: readonly string[], target: string): Promise<void> {
  const [width, height] = [400, 500];
  const parts = await Promise.all(
    photos.map((photo) => sharp(photo).resize(width, height, { fit: 'cover' }).toBuffer()),
  );
  await sharp({ create: { width: width * parts.length, height, channels: 3, background: '#888' } })
    .composite(parts.map((input, index) => ({ input, left: index * width, top: 0 })))
    .png()
    .toFile(target);
}

/** Pastes a picture from the clipboard into a page. */
async function paste(page: Page, path: string): Promise<void> {
  const base64 = (await readFile(path)).toString('base64');
  await page.evaluate(`{
    const bytes = Uint8Array.from(atob('${base64}'), (character) => character.charCodeAt(0));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([bytes], 'pasted.png', { type: 'image/png' }));
    document.activeElement?.blur();
    document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
  }`);
}

/** A run of the tool's sample, with that model. */
async function writeDrawnRun(directory: string, model: string): Promise<void> {
  await cp(model, join(directory, 'model'), { recursive: true });
  const config = { out: '/somewhere/run', data: '/somewhere/run/sample' };
  const started = { type: 'run.started', at: 1, command: 'run', seed: 1, config, versions: {} };
  await writeFile(join(directory, 'events.jsonl'), `${JSON.stringify(started)}\n`);
}

describe.skipIf(reason)(`matching in the page${reason}`, () => {
  test('real photos of one person and of two people', async () => {
    const root = await temporary();
    const model = join(root, 'y1');
    const { fingerprint, size } = await fivePoint().create(pluginContext(createRunContainer(), 'test'));
    const { options, ...weights } = await readY1(y1!);
    await saveModel(model, {
      card: {
        format: 1,
        model: { name: 'mobilefacenet', options },
        inputSize: [112, 112],
        embeddingSize: 128,
        alignment: { fingerprint, size },
      },
      ...weights,
    });
    const studio = await openStudio();
    try {
      const { page } = studio;
      await page.getByRole('link', { name: 'Match' }).click();
      const here = page.getByRole('region', { name: 'Match', exact: true });
      const give = (label: string, path: string): Promise<void> => here.getByLabel(label).setInputFiles(path);
      await give('Choose a model directory…', model);
      if (await here.getByLabel('Choose the file…').count()) await give('Choose the file…', mtcnn!);
      await here.getByText('Ready: the MTCNN weights').waitFor();

      await give('Choose the first photo…', join(people!, 'roger_federer/001.jpg'));
      await give('Choose the second photo…', join(people!, 'roger_federer/002.jpg'));
      await here.getByText('Same person', { exact: true }).waitFor({ timeout: 120_000 });
      // both crops are shown, with alternative text
      expect(await here.getByRole('img', { name: /aligned/i }).count()).toBe(2);
      const same = Number(/Cosine (-?\d\.\d+)/.exec(await here.innerText())![1]);

      await give('Choose the second photo…', join(people!, 'virat_kohli/001.jpg'));
      await here.getByText('Two people', { exact: true }).waitFor({ timeout: 120_000 });
      const different = Number(/Cosine (-?\d\.\d+)/.exec(await here.innerText())![1]);
      expect(same).toBeGreaterThan(different + 0.2);

      // a file that is not a photo is an error next to its slot, and another photo fixes it
      const second = here.getByRole('group', { name: 'Second photo' });
      await give('Choose the second photo…', mtcnn!);
      await expect.poll(() => second.getByRole('alert').innerText(), { timeout: 30_000 }).not.toBe('');

      // a photo of two people: either face can be selected, also by keyboard
      const both = join(root, 'both.png');
      await sideBySide([join(people!, 'virat_kohli/001.jpg'), join(people!, 'roger_federer/001.jpg')], both);
      await paste(page, both);
      await second.getByText('2 faces: select the one to compare').waitFor({ timeout: 120_000 });
      const answers: string[] = [];
      for (const face of ['Face 1 of 2', 'Face 2 of 2']) {
        const button = second.getByRole('button', { name: face });
        await button.focus();
        await page.keyboard.press('Enter');
        expect(await button.getAttribute('aria-pressed')).toBe('true');
        answers.push(await here.locator('.answer').innerText());
      }
      expect(answers.sort()).toEqual(['Same person', 'Two people']);

      // a gallery names the faces; a photo without a face is left out and counted
      const gallery = join(root, 'gallery');
      for (const person of ['roger_federer', 'virat_kohli'])
        for (const photo of ['002.jpg', '003.jpg'])
          await cp(join(people!, person, photo), join(gallery, person, photo));
      await sharp({ create: { width: 200, height: 200, channels: 3, background: '#456' } })
        .jpeg()
        .toFile(join(gallery, 'virat_kohli/wall.jpg'));
      await give('Choose a folder of people…', gallery);
      const answer = here.locator('.verdict');
      await answer.getByText('First photo: roger_federer (cosine').waitFor({ timeout: 120_000 });
      await here.getByText(/2 people enrolled from \d photos; \d without a face were left out\./).waitFor();
      const saving = page.waitForEvent('download');
      await here.getByRole('button', { name: 'Save the gallery' }).click();
      const saved = join(root, 'people.safetensors');
      await (await saving).saveAs(saved);
      await here.getByRole('button', { name: 'Forget everybody' }).click();
      await expect.poll(() => answer.getByText('First photo:').count()).toBe(0);
      await give('Choose a saved gallery…', saved);
      await answer.getByText('First photo: roger_federer (cosine').waitFor({ timeout: 30_000 });
      await give('Choose a saved gallery…', mtcnn!);
      await expect
        .poll(() => here.getByRole('region', { name: 'Gallery' }).getByRole('alert').innerText())
        .not.toBe('');
      await picture(page, 'match-photos');
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(page.viewportSize()!.width);
      expect(await faultsInEveryLook(page, 'match-answer')).toEqual([]);

      // the camera of Chromium's tests shows no face
      await second.getByRole('button', { name: 'Use the camera…' }).click();
      const camera = page.getByRole('dialog', { name: 'Camera' });
      await expect
        .poll(() => page.evaluate<number>(`document.querySelector('dialog video').videoWidth`))
        .toBeGreaterThan(0);
      await camera.getByRole('button', { name: 'Take the photo' }).click();
      await second.getByText('No face was found').waitFor({ timeout: 60_000 });

      // a model trained on drawn faces says so before it calls one person two; opening it selected it
      await writeDrawnRun(join(root, 'drawn'), model);
      await here.getByText('Open a model', { exact: true }).click();
      await give('Choose a model directory…', join(root, 'drawn'));
      await expect.poll(() => here.getByRole('combobox', { name: 'Model' }).inputValue()).toBe('drawn/model');
      await give('Choose the second photo…', join(people!, 'roger_federer/002.jpg'));
      await here.getByText('trained on drawn faces only').waitFor({ timeout: 120_000 });
      expect(await here.locator('.answer').getAttribute('class')).toContain('unsure');
      expect(elsewhere(studio)).toEqual([]);
      expect(studio.problems).toEqual([]);
    } finally {
      await studio.close();
    }
  }, 600_000);
});
