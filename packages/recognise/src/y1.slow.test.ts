// A trained model on real photos: people enrolled from some photos are recognised in others, and strangers are not
// mistaken for them.
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedData } from '@facewright/test/shared-data';
import { saveY1 } from '@facewright/test/y1';
import { expect, test } from 'vitest';
import { createRecogniser } from './index.js';

const weights = sharedData('models/insightface-y1');
const people = sharedData('people');
const mtcnn = sharedData('mtcnn');

/** From TAR at FAR 1e-3 on LFW. */
const THRESHOLD = 0.36;

test.skipIf(!weights || !people || !mtcnn)(
  'y1 recognises athletes from six photos (needs ../shared/data/models/insightface-y1, people and mtcnn)',
  { timeout: 300_000 },
  async () => {
    const directory = await saveY1(weights!, join(await mkdtemp(join(tmpdir(), 'facewright-recognise-')), 'model'));
    const recogniser = await createRecogniser({ model: directory, detectorWeights: mtcnn });
    const names = (await readdir(people!)).filter((name) => !name.includes('.')).sort();
    const photos = new Map<string, string[]>();
    for (const name of names)
      photos.set(
        name,
        (await readdir(join(people!, name))).sort().map((file) => join(people!, name, file)),
      );
    const [stranger, ...enrolled] = names;
    for (const name of enrolled) await recogniser.enrol(name, photos.get(name)!.slice(0, 6));

    const seen = { right: 0, wrong: 0, unknown: 0, stranger: 0 };
    const single = async (path: string) => await recogniser.identify(path, { threshold: THRESHOLD }).catch(() => []);
    for (const name of names) {
      for (const path of photos.get(name)!.slice(6, 16)) {
        const faces = await single(path);
        if (faces.length !== 1) continue; // others may be in the picture
        const [found] = faces;
        if (name === stranger) seen.stranger += Number(found.name !== null);
        else if (found.name === name) seen.right++;
        else if (found.name === null) seen.unknown++;
        else seen.wrong++;
      }
    }
    await recogniser.dispose();
    console.info('identified', seen);
    expect(seen.right).toBeGreaterThanOrEqual(15);
    expect(seen.wrong + seen.stranger).toBeLessThanOrEqual(1);
    // faces in profile do not match at this threshold
    expect(seen.unknown).toBeLessThanOrEqual(seen.right / 3);
  },
);
