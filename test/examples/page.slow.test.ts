/**
 * The page of examples/recognise-in-a-page in Chromium: people are enrolled from files and from the camera, and
 * recognised. No photo leaves it.
 */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { build, preview } from 'vite';
import { expect, test } from 'vitest';
import { temporary } from '../helpers/tool.js';
import { CHROMIUM, CHROMIUM_FLAGS } from '../support/chromium.js';
import { sharedData } from '../support/shared-data.js';
import { saveY1 } from '../support/y1.js';

const root = fileURLToPath(new URL('../../examples/recognise-in-a-page', import.meta.url));
const [y1, mtcnn, people] = [
  sharedData('models/insightface-y1'),
  sharedData('mtcnn/mtcnn_model-shard1'),
  sharedData('people'),
];
const reason =
  (CHROMIUM ? '' : ' (needs Chromium, e.g. apt-get install chromium)') ||
  (y1 && mtcnn && people ? '' : ' (needs ../shared/data: models, mtcnn and people)');

/** What the reader is told to put into `public/`. */
async function publicFiles(): Promise<string> {
  const directory = await temporary();
  await saveY1(y1!, join(directory, 'model'));
  await cp(mtcnn!, join(directory, 'mtcnn-weights.f32'));
  return directory;
}

/** A film of one photo, which Chromium shows as the camera's picture. */
async function filmOf(photo: string): Promise<string> {
  const path = join(await temporary(), 'camera.mjpeg');
  const frame = await sharp(photo).resize(640, 480, { fit: 'contain' }).jpeg({ quality: 95 }).toBuffer();
  await writeFile(path, Buffer.concat(Array<Buffer>(30).fill(frame)));
  return path;
}

/** A large photo of this one. */
async function enlarged(photo: string, width: number, height: number): Promise<string> {
  const path = join(await temporary(), 'large.jpg');
  await sharp(photo).resize(width, height, { fit: 'contain' }).jpeg({ quality: 80 }).toFile(path);
  return path;
}

test.skipIf(reason)(`people are enrolled and recognised in the page${reason}`, async () => {
  const outDir = await temporary();
  await mkdir(outDir, { recursive: true });
  await build({ root, publicDir: await publicFiles(), logLevel: 'error', build: { outDir, emptyOutDir: true } });
  const server = await preview({ root, build: { outDir }, logLevel: 'error', preview: { port: 0 } });
  const url = server.resolvedUrls!.local[0];
  const photo = (person: string, number: number): string => join(people!, person, `00${number}.jpg`);
  const camera = [
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-video-capture=${await filmOf(photo('virat_kohli', 1))}`,
  ];
  const browser = await chromium.launch({ executablePath: CHROMIUM!, args: [...CHROMIUM_FLAGS, ...camera] });
  try {
    const page = await browser.newPage();
    const requests: string[] = [];
    const problems: string[] = [];
    page.on('request', (request) => requests.push(`${request.method()} ${request.url()}`));
    page.on('console', (message) => problems.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(url);
    const told = async (expected: string | RegExp): Promise<void> => {
      await expect
        .poll(() => page.getByRole('status').innerText(), { timeout: 120_000, interval: 250 })
        .toMatch(expected);
    };
    const name = (given: string): Promise<void> => page.getByLabel('Name').fill(given);
    const enrol = page.getByLabel('Photos of this person');
    const recognise = page.getByLabel('Photo to recognise');
    await told('Enrol somebody');

    await name('Roger');
    await enrol.setInputFiles([photo('roger_federer', 1), photo('roger_federer', 2), mtcnn!]);
    await told('Roger: 2 enrolled, 1 left out.');
    const loaded = requests.length;
    await recognise.setInputFiles(photo('roger_federer', 3));
    await told(/Roger \(0\.\d\d\)/);
    expect(await page.locator('canvas').evaluate((canvas) => (canvas as { width?: number }).width)).toBeGreaterThan(0);

    // 108 megapixels, as phones take them
    await recognise.setInputFiles(await enlarged(photo('roger_federer', 3), 12_000, 9_000));
    await told(/Roger \(0\.\d\d\)/);
    const { width, height } = (await page.locator('canvas').boundingBox())!;
    expect([width, height]).toEqual([1280, 960]);

    // nobody knows the person before the camera yet
    await page.getByRole('button', { name: 'Recognise from the camera' }).click();
    await told(/^unknown \(-?\d/);
    await name('Virat');
    await page.getByRole('button', { name: 'Enrol from the camera' }).click();
    await told('Virat: 1 enrolled, 0 left out.');
    await page.getByRole('button', { name: 'Recognise from the camera' }).click();
    await told(/^Virat \((0\.9|1\.0)/);

    await page.getByRole('button', { name: 'Forget this person' }).click();
    await told('Virat is forgotten.');
    await recognise.setInputFiles(mtcnn!);
    await told('Error');

    // after the model is loaded nothing is requested, and before that only the page's own files
    expect(requests.slice(loaded).filter((request) => !/^GET (blob|data):/.test(request))).toEqual([]);
    expect(
      requests.filter((request) => !request.startsWith(`GET ${url}`) && !/^GET (blob|data):/.test(request)),
    ).toEqual([]);
    expect(problems).toEqual([]);
  } finally {
    await browser.close();
    await server.close();
  }
});
