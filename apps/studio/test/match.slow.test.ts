/** The page “Match” on real photos, with MTCNN and a published model: one person twice, then two people. */
import { join } from 'node:path';
import { createRunContainer, pluginContext } from '@facewright/core';
import { INSIGHTFACE_Y1, loadInsightFaceY1 } from '@facewright/models/node';
import { fivePoint } from '@facewright/preprocess';
import { saveModel } from '@facewright/training';
import { sharedData } from '@facewright/test/shared-data';
import { temporary } from '@facewright/test/tool';
import { describe, expect, test } from 'vitest';
import { elsewhere, noBrowser, openStudio } from './browser.js';

const [y1, mtcnn, people] = [
  sharedData('models/insightface-y1'),
  sharedData('mtcnn/mtcnn_model-shard1'),
  sharedData('people'),
];
const reason = noBrowser || (y1 && mtcnn && people ? '' : ' (needs ../shared/data: models, mtcnn and people)');

describe.skipIf(reason)(`matching in the page${reason}`, () => {
  test('real photos of one person and of two', async () => {
    const model = join(await temporary(), 'y1');
    const { fingerprint, size } = await fivePoint().create(pluginContext(createRunContainer(), 'test'));
    await saveModel(model, {
      card: {
        format: 1,
        model: { name: 'mobilefacenet', options: INSIGHTFACE_Y1 },
        inputSize: [112, 112],
        embeddingSize: 128,
        alignment: { fingerprint, size },
      },
      ...(await loadInsightFaceY1(y1!)),
    });
    const studio = await openStudio();
    try {
      const { page } = studio;
      await page.getByRole('link', { name: 'Match' }).click();
      const here = page.getByRole('region', { name: 'Match', exact: true });
      const give = (label: string, path: string): Promise<void> => here.getByLabel(label).setInputFiles(path);
      await give('Choose a model directory…', model);
      if (await here.getByLabel('Choose the file…').count()) await give('Choose the file…', mtcnn!);
      await here.getByText('Faces can be found').waitFor();

      await give('Choose the first photo…', join(people!, 'roger_federer/001.jpg'));
      await give('Choose the second photo…', join(people!, 'roger_federer/002.jpg'));
      await here.getByText('Same person', { exact: true }).waitFor({ timeout: 120_000 });
      // both crops are shown, with words for those who cannot see them
      expect(await here.getByRole('img', { name: /aligned/i }).count()).toBe(2);
      const same = Number(/Cosine (-?\d\.\d+)/.exec(await here.innerText())![1]);

      await give('Choose the second photo…', join(people!, 'virat_kohli/001.jpg'));
      await here.getByText('Two people', { exact: true }).waitFor({ timeout: 120_000 });
      const different = Number(/Cosine (-?\d\.\d+)/.exec(await here.innerText())![1]);
      expect(same).toBeGreaterThan(different + 0.2);

      // what is no photo is an error beside its place, and another photo mends it
      await give('Choose the second photo…', mtcnn!);
      await expect
        .poll(() => here.getByRole('group', { name: 'Second photo' }).getByRole('alert').innerText(), {
          timeout: 30_000,
        })
        .not.toBe('');
      await give('Choose the second photo…', join(people!, 'roger_federer/002.jpg'));
      await here.getByText('Same person', { exact: true }).waitFor({ timeout: 120_000 });
      expect(elsewhere(studio)).toEqual([]);
      expect(studio.problems).toEqual([]);
    } finally {
      await studio.close();
    }
  }, 600_000);
});
