import { createRandom, landmarkPoints, type Landmarks, type RunEvent } from '@facewright/core';
import { decodeImage } from '@facewright/platform/node';
import { testReader } from '@facewright/testkit';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { temporaryFolder, writeTree } from '../../test/files.js';
import { folder } from '../readers/folder.js';
import { trillionPairs } from '../readers/trillion-pairs.js';
import { drawConditions } from './conditions.js';
import { generateSample } from './generate.js';
import { drawPerson } from './person.js';
import { drawSvg } from './drawing.js';

const root = temporaryFolder();
const options = { seed: 7, people: 3, photos: (person: number) => person + 1 };
const made = generateSample({ ...options, directory: join(root, 'sample') });

testReader(async () => trillionPairs({ path: (await made).list }), {
  name: 'trillion-pairs on the sample',
  expected: { '0000': 1, '0001': 2, '0002': 3 },
});
testReader(async () => folder({ path: (await made).directory }), {
  name: 'folder on the sample',
  expected: { '0000': 1, '0001': 2, '0002': 3 },
});

const tree = (path: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(path, name)).isFile())
      .sort()
      .map((name) => [name, readFileSync(join(path, name), 'base64')]),
  );

describe('the generated sample', () => {
  test('is a list of Trillion Pairs lines next to the images', async () => {
    const { directory, list } = await made;
    const lines = readFileSync(list, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    expect(lines.map(([path, label]) => [path, label])).toEqual([
      ['0000/0000.jpg', '0000'],
      ['0001/0000.jpg', '0001'],
      ['0001/0001.jpg', '0001'],
      ['0002/0000.jpg', '0002'],
      ['0002/0001.jpg', '0002'],
      ['0002/0002.jpg', '0002'],
    ]);
    for (const [path, , ...numbers] of lines) {
      const { width, height } = await decodeImage(readFileSync(join(directory, path)));
      expect(width).toBeGreaterThanOrEqual(200);
      expect(width).toBeLessThanOrEqual(260);
      expect(numbers).toHaveLength(10);
      numbers.forEach((text, i) => {
        expect(Number(text)).toBeGreaterThan(0);
        expect(Number(text)).toBeLessThan(i % 2 ? height : width);
      });
    }
  });

  test('gives the same bytes for the same seed, and different ones for another', async () => {
    const again = await generateSample({ ...options, directory: join(root, 'again') });
    expect(tree(again.directory)).toEqual(tree((await made).directory));
    const other = await generateSample({ ...options, seed: 8, directory: join(root, 'other') });
    expect(
      readFileSync(join(other.directory, '0000/0000.jpg')).equals(readFileSync(join(again.directory, '0000/0000.jpg'))),
    ).toBe(false);
  });

  test('is reused if it already exists, and replaced if its options differ', async () => {
    const directory = join(root, 'reused');
    const events: RunEvent[] = [];
    const emit = (type: RunEvent['type'], event: object): void =>
      void events.push({ type, at: 0, ...event } as RunEvent);
    await generateSample({ directory, seed: 1, people: 1, photos: 2, emit });
    expect(events.at(-1)).toMatchObject({
      type: 'progress',
      done: 2,
      total: 2,
      unit: 'photos',
      perSecond: expect.any(Number) as number,
    });
    const before = statSync(join(directory, '0000/0000.jpg')).mtimeMs;
    await generateSample({ directory, seed: 1, people: 1, photos: 2, emit });
    expect(statSync(join(directory, '0000/0000.jpg')).mtimeMs).toBe(before);
    expect(events.at(-1)).toMatchObject({ type: 'notice', level: 'info' });
    await generateSample({ directory, seed: 1, people: 2, photos: 1 });
    expect(readdirSync(directory).sort()).toEqual(['0000', '0001', 'landmarks.txt', 'sample.json']);
    expect(readdirSync(join(directory, '0000'))).toEqual(['0000.jpg']);
  });

  test('leaves nothing if interrupted', async () => {
    const directory = join(root, 'interrupted');
    const abort = new AbortController();
    await expect(
      generateSample({ directory, people: 4, photos: 50, signal: abort.signal, emit: () => abort.abort() }),
    ).rejects.toThrow('Interrupted');
    expect(existsSync(directory)).toBe(false);
    expect(readdirSync(root).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  test('never overwrites anything but a sample', async () => {
    const mine = writeTree(join(root, 'mine'), { 'anna/1.jpg': 'x' });
    await expect(generateSample({ directory: mine, people: 1, photos: 1 })).rejects.toThrow('Nothing was overwritten');
    await expect(generateSample({ directory: join(root, 'zero'), people: 2, photos: 0 })).rejects.toThrow(RangeError);
    expect(readFileSync(join(mine, 'anna/1.jpg'), 'utf8')).toBe('x');
  });
});

describe('a drawn photo', () => {
  const random = createRandom('drawn');
  const photos = Array.from({ length: 20 }, (_, i) => ({
    person: drawPerson(random.fork('person', i)),
    conditions: drawConditions(random.fork('photo', i)),
  }));

  test('has the eye landmarks where the eyes are drawn', async () => {
    // only the pupils: everything else is removed from the drawing, and their centre of mass is measured in pixels
    for (const { person, conditions } of photos.slice(0, 8)) {
      const steady = { ...conditions, expression: { ...conditions.expression, gaze: [0, 0] as const } };
      const { svg, landmarks } = drawSvg(person, steady);
      const { width, height } = steady;
      const head = /<g transform="(matrix[^"]+)">/.exec(svg)![1];
      const eyes = [...svg.matchAll(/<g transform="(matrix[^"]+)"><clipPath/g)].map((match) => match[1]);
      expect(eyes).toHaveLength(2);
      for (const [index, eye] of eyes.entries()) {
        const dot = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%"/><g transform="${head}"><g transform="${eye}"><circle r="6" fill="#fff"/></g></g></svg>`;
        const [x, y] = massCentre(await sharp(Buffer.from(dot)).removeAlpha().greyscale().raw().toBuffer(), width);
        const [px, py] = index === 0 ? landmarks.leftEye : landmarks.rightEye;
        expect(Math.hypot(x - px, y - py)).toBeLessThan(0.1);
      }
    }
  });

  test('has landmarks in the layout of a face', () => {
    for (const { person, conditions } of photos) {
      const { landmarks } = drawSvg(person, conditions);
      const [left, right, nose, mouthLeft, mouthRight] = upright(landmarks, conditions.pose.roll);
      expect(left[0]).toBeLessThan(right[0]);
      expect(mouthLeft[0]).toBeLessThan(mouthRight[0]);
      expect(nose[1]).toBeGreaterThan(Math.max(left[1], right[1]));
      expect(nose[1]).toBeLessThan(Math.min(mouthLeft[1], mouthRight[1]));
    }
  });

  test('of one person keeps their features, whatever the photo', () => {
    expect(drawPerson(random.fork('person', 3))).toEqual(photos[3].person);
    expect(new Set(photos.map(({ person }) => JSON.stringify(person))).size).toBe(photos.length);
  });
});

function massCentre(pixels: Buffer, width: number): [number, number] {
  let [mass, x, y] = [0, 0, 0];
  pixels.forEach((value, i) => {
    mass += value;
    x += value * (i % width);
    y += value * Math.floor(i / width);
  });
  return [x / mass, y / mass];
}

function upright(landmarks: Landmarks, roll: number): [number, number][] {
  const [sin, cos] = [Math.sin((-roll * Math.PI) / 180), Math.cos((-roll * Math.PI) / 180)];
  return landmarkPoints(landmarks).map(([x, y]) => [x * cos - y * sin, x * sin + y * cos]);
}
