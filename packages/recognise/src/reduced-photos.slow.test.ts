// A photo over the limits, read at a fraction of its size, gives nearly the faces and embeddings of the whole photo.
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPhoto } from '@facewright/platform/node';
import { sharedData } from '@facewright/test/shared-data';
import { saveY1 } from '@facewright/test/y1';
import { cosineSimilarity } from '@facewright/training';
import { expect, test } from 'vitest';
import { createRecogniser } from './index.js';

const [y1, people, mtcnn] = [sharedData('models/insightface-y1'), sharedData('people'), sharedData('mtcnn')];

test.skipIf(!y1 || !people || !mtcnn)(
  'real photos at half their size (needs ../shared/data/models/insightface-y1, people and mtcnn)',
  { timeout: 300_000 },
  async () => {
    const model = await saveY1(y1!, join(await mkdtemp(join(tmpdir(), 'facewright-recognise-')), 'model'));
    const limits = { maxPixels: 0 };
    const [whole, reduced] = [
      await createRecogniser({ model, detectorWeights: mtcnn }),
      await createRecogniser({ model, detectorWeights: mtcnn, limits }),
    ];
    const cosines: number[] = [];
    const folder = join(people!, 'serena_williams');
    for (const name of (await readdir(folder)).sort().slice(0, 12)) {
      const path = join(folder, name);
      const { width, height } = await openPhoto(path);
      limits.maxPixels = Math.ceil((width * height) / 3);
      const [[own], [found]] = [
        await whole.faces(path, { central: true }),
        await reduced.faces(path, { central: true }),
      ];
      // at half the size, MTCNN's smallest face is twice as large
      if (!own?.face || own.face.box.width < 60) continue;
      expect(found?.face, name).toBeDefined();
      const { x, y, width: side } = own.face.box;
      for (const [value, expected] of [
        [found.face!.box.x, x],
        [found.face!.box.y, y],
        [found.face!.box.width, side],
      ])
        expect(Math.abs(value - expected), name).toBeLessThan(0.12 * side);
      cosines.push(cosineSimilarity(own.embedding, found.embedding));
    }
    await whole.dispose();
    await reduced.dispose();
    console.info('cosines of the whole and the reduced photo', cosines.map((value) => value.toFixed(3)).join(' '));
    expect(cosines.length).toBeGreaterThanOrEqual(5);
    expect(Math.min(...cosines)).toBeGreaterThan(0.85);
    expect(cosines.reduce((sum, value) => sum + value, 0) / cosines.length).toBeGreaterThan(0.95);
  },
);
