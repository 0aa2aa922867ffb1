/** `facewright detect`: its JSON, its order, its errors, its drawings. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeImage } from '@facewright/platform/node';
import { sharedData } from '@facewright/test/shared-data';
import { expect, test } from 'vitest';
import { facewright, patches, put, temporary, writeConfig, writeDetector } from './helpers/tool.js';

// each test starts the tool several times, on machines that may be busy
const weights = sharedData('mtcnn');
const photos = sharedData('photos/kpzhang93');

test('answers in the given order, with errors in place; exit code 1 reports them', async () => {
  const directory = await temporary();
  await writeDetector(directory);
  await writeConfig(directory, { detector: './centre.mjs' });
  await put(join(directory, 'b photo ä.png'), await patches(1, 100, 200).png().toBuffer());
  await put(join(directory, 'a.jpg'), await patches(2, 60, 40).jpeg().toBuffer());
  await put(join(directory, 'text.jpg'), 'text');
  await put(join(directory, 'deep', 'a.jpg'), await patches(3, 64, 64).jpeg().toBuffer());
  const paths = ['b photo ä.png', 'missing.jpg', 'a.jpg', 'text.jpg', 'deep/a.jpg'];
  const ended = await facewright(['detect', ...paths, '--json', '--draw', 'drawn'], { cwd: directory });
  const face = (width: number, height: number): unknown => ({
    box: [width / 4, height / 4, width / 2, height / 2],
    confidence: 0.5,
    points: {
      leftEye: [expect.closeTo(0.4 * width), expect.closeTo(0.45 * height)],
      rightEye: expect.any(Array),
      nose: expect.any(Array),
      mouthLeft: expect.any(Array),
      mouthRight: expect.any(Array),
    },
  });
  expect(ended.json()).toEqual({
    photos: [
      { path: 'b photo ä.png', width: 100, height: 200, faces: [face(100, 200)] },
      { path: 'missing.jpg', width: null, height: null, faces: [], error: expect.stringContaining('no such file') },
      { path: 'a.jpg', width: 60, height: 40, faces: [face(60, 40)] },
      { path: 'text.jpg', width: null, height: null, faces: [], error: expect.stringContaining('Not an image') },
      { path: 'deep/a.jpg', width: 64, height: 64, faces: [face(64, 64)] },
    ],
  });
  expect(ended.code).toBe(1);
  expect((await readdir(join(directory, 'drawn'))).sort()).toEqual(['a-2.jpg', 'a.jpg', 'b photo ä.jpg']);
  expect(await decodeImage(await readFile(join(directory, 'drawn', 'a.jpg')))).toMatchObject({ width: 60, height: 40 });

  const text = await facewright(['detect', 'a.jpg'], { cwd: directory });
  expect([text.code, text.stdout]).toEqual([0, 'a.jpg (60×40): 1 face\n  30×20 at 15, 10, confidence 0.500\n']);
});

test.skipIf(!weights || !photos)(
  'MTCNN finds the faces of a photo (needs ../shared/data/mtcnn and photos)',
  async () => {
    const directory = await temporary();
    await writeConfig(directory, { detector: { name: 'mtcnn', weights } });
    const ended = await facewright(['detect', join(photos!, 'test1.jpg'), '--json'], { cwd: directory });
    const [photo] = ended.json<{
      photos: {
        width: number;
        height: number;
        faces: { box: number[]; confidence: number; points: Record<string, number[]> }[];
      }[];
    }>().photos;
    expect([photo.width, photo.height, photo.faces.length]).toEqual([450, 344, 2]);
    for (const { box, confidence, points } of photo.faces) {
      expect(confidence).toBeGreaterThan(0.99);
      expect(Object.keys(points)).toEqual(['leftEye', 'rightEye', 'nose', 'mouthLeft', 'mouthRight']);
      for (const [x, y] of Object.values(points))
        expect(x > box[0] && x < box[0] + box[2] && y > box[1] && y < box[1] + box[3]).toBe(true);
      expect(points.leftEye[0]).toBeLessThan(points.rightEye[0]);
      expect(points.mouthLeft[1]).toBeGreaterThan(points.nose[1]);
    }
    expect(ended.code).toBe(0);
  },
);
