// The recogniser for browsers gives in Chromium what the one for Node gives: embeddings, galleries, names. Real photos
// stay in the page.
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom, createRunContainer, pluginContext, type Model } from '@facewright/core';
import { mobileFaceNet, type MobileFaceNetOptionsInput } from '@facewright/models';
import { encodeImage } from '@facewright/platform/node';
import { createFivePointAligner } from '@facewright/preprocess';
import { CHROMIUM, CHROMIUM_FLAGS } from '@facewright/test/chromium';
import { sharedData } from '@facewright/test/shared-data';
import { readY1 } from '@facewright/test/y1';
import { cosineSimilarity, saveModel, type ModelFiles } from '@facewright/training';
import { chromium, type Browser, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRecogniser } from '../src/index.js';

const noBrowser = CHROMIUM ? '' : ' (needs Chromium, e.g. apt-get install chromium)';
const [y1, mtcnn, people] = [
  sharedData('models/insightface-y1'),
  sharedData('mtcnn/mtcnn_model-shard1'),
  sharedData('people'),
];

/** A network small enough for an emulated GPU. */
const SMALL = {
  inputSize: 32,
  width: 0.25,
  embeddingSize: 32,
  bottlenecks: [
    [2, 64, 1, 2],
    [2, 128, 1, 2],
  ],
} as const satisfies MobileFaceNetOptionsInput;

interface Recognised {
  readonly identity: string;
  readonly embeddings: readonly number[][];
  readonly similarity: number;
  readonly people: readonly { readonly name: string; readonly photos: number }[];
  readonly name: string | null;
  readonly later: string | null;
  readonly enrolled: { readonly added: number; readonly skipped: readonly { readonly photo: number }[] };
  readonly bytes: readonly number[];
}

let page: string;
beforeAll(async () => {
  if (!CHROMIUM) return;
  page = await temporary();
  await build({
    root: fileURLToPath(new URL('page', import.meta.url)),
    logLevel: 'error',
    resolve: { conditions: ['@facewright/source', 'browser', 'module', 'import', 'default'] },
    build: { outDir: page, target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 2000 },
  });
});

const temporary = (): Promise<string> => mkdtemp(join(tmpdir(), 'facewright-recognise-'));

/** Noise in patches: something that no two models and no two photos agree on. */
async function pattern(seed: number): Promise<Uint8Array> {
  const random = createRandom(seed);
  const patches = Uint8Array.from({ length: 8 * 8 * 3 }, () => random.integer(256));
  const at = (i: number): number => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    const [x, y] = [pixel % 112, Math.floor(pixel / 112)];
    return patches[(Math.floor(y / 14) * 8 + Math.floor(x / 14)) * 3 + channel];
  };
  return encodeImage(
    { width: 112, height: 112, data: Uint8Array.from({ length: 112 * 112 * 3 }, (_, i) => at(i)) },
    'png',
  );
}

/** A folder that holds the page, a model at /model, and the given files. */
async function site(
  model: Pick<ModelFiles, 'params' | 'statistics'> & { readonly options: MobileFaceNetOptionsInput },
  files: Readonly<Record<string, Uint8Array>>,
): Promise<{ directory: string; model: string }> {
  const directory = await temporary();
  const { fingerprint, size } = createFivePointAligner(112);
  const { options, ...tensors } = model;
  const { inputSize, embeddingSize = 128 } = options;
  const side = typeof inputSize === 'number' ? inputSize : 112;
  await saveModel(join(directory, 'model'), {
    card: {
      format: 1,
      model: { name: 'mobilefacenet', options },
      inputSize: [side, side],
      embeddingSize,
      alignment: { fingerprint, size },
    },
    ...tensors,
  });
  await mkdir(join(directory, 'files'));
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(directory, 'files', name), bytes);
  return { directory, model: join(directory, 'model') };
}

interface Opened {
  readonly page: Page;
  /** Requests to anything but the page's server, and any with a body. */
  readonly sent: readonly string[];
  readonly problems: readonly string[];
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

async function served(directory: string): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url!, 'http://here').pathname);
    const name = path === '/' ? '/index.html' : path;
    const find = (place: string): Promise<Uint8Array> => readFile(join(place, name));
    find(page)
      .catch(() => find(directory))
      .then(
        (bytes) => response.setHeader('content-type', TYPES[extname(name)] ?? 'application/octet-stream').end(bytes),
        () => ((response.statusCode = 404), response.end()),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as { port: number }).port}/` };
}

async function opened(directory: string): Promise<Opened> {
  const { server, url } = await served(directory);
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM!, args: [...CHROMIUM_FLAGS] });
  const context = await browser.newContext();
  const [sent, problems]: string[][] = [[], []];
  context.on('request', (request) => {
    const inPage = /^(blob|data):/.test(request.url());
    if (!inPage && (!request.url().startsWith(url) || request.postData() !== null)) sent.push(request.url());
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(url);
  await page.waitForFunction('globalThis.recognised');
  return { page, sent, problems, close: async () => (await browser.close(), void server.close()) };
}

const inPage = (page: Page, given: object): Promise<Recognised> =>
  page.evaluate<Recognised>(`recognised(${JSON.stringify(given)})`);

const agreement = (a: readonly number[], b: Float32Array): number => cosineSimilarity(Float32Array.from(a), b);

describe.skipIf(!CHROMIUM)(`in Chromium${noBrowser}`, () => {
  let untrained: Awaited<ReturnType<typeof site>>;
  let open: Opened;
  const photos = ['files/1.png', 'files/2.png'];

  beforeAll(async () => {
    const plugin = mobileFaceNet(SMALL);
    const model: Model = await plugin.create(pluginContext(createRunContainer(), 'test'));
    untrained = await site(
      { options: SMALL, ...model.init(createRandom(1)) },
      { '1.png': await pattern(1), '2.png': await pattern(2) },
    );
    const recogniser = await createRecogniser({ model: untrained.model });
    await recogniser.enrol('Ada', [join(untrained.directory, photos[0])]);
    await recogniser.enrol('Ben', [join(untrained.directory, photos[1])]);
    await recogniser.save(join(untrained.directory, 'files/gallery'));
    await recogniser.dispose();
    open = await opened(untrained.directory);
  });
  afterAll(() => open?.close());

  test.each(['wasm', 'webgpu', 'automatic'])(
    'with the engine %s: embeddings and galleries are those of Node',
    async (engine) => {
      const found = await inPage(open.page, { engine, photos, gallery: 'files/gallery' });
      const recogniser = await createRecogniser({ model: untrained.model });
      try {
        expect(found.identity).toBe(recogniser.identity);
        const own: Float32Array[] = [];
        for (const photo of photos) own.push(await recogniser.embed(join(untrained.directory, photo)));
        own.forEach((embedding, index) =>
          expect(agreement(found.embeddings[index], embedding)).toBeGreaterThan(0.9999),
        );
        expect(found.similarity).toBeCloseTo(cosineSimilarity(own[0], own[1]), 3);
        expect(found.people).toEqual([
          { name: 'Ada', photos: 1 },
          { name: 'Ben', photos: 1 },
        ]);
        expect([found.name, found.enrolled]).toMatchObject(['Ada', { added: 1, skipped: [{ photo: 1 }] }]);
        // what the page saves opens here
        recogniser.useGallery(Uint8Array.from(found.bytes));
        expect(recogniser.people().map(({ name }) => name)).toEqual(['Ben', 'Eve']);
        expect(open.problems).toEqual([]);
        expect(open.sent).toEqual([]);
      } finally {
        await recogniser.dispose();
      }
    },
    120_000,
  );

  test('a model or a photo that is not there is an error with its address', async () => {
    const refusal = (options: object): Promise<string> =>
      open.page.evaluate<string>(`refusal(${JSON.stringify(options)})`);
    expect(await refusal({ model: '/none' })).toContain('Cannot download the file: the server returned status 404');
  });
});

describe.skipIf(!CHROMIUM || !y1 || !mtcnn || !people)(
  `real photos in Chromium${noBrowser} (needs ../shared/data/models/insightface-y1, mtcnn and people)`,
  () => {
    test('faces are found, and embedded as in Node', async () => {
      const names = ['roger_federer/001.jpg', 'roger_federer/002.jpg'];
      const photos = await Promise.all(names.map((name) => readFile(join(people!, name))));
      const { directory, model } = await site(await readY1(y1!), {
        '1.jpg': photos[0],
        '2.jpg': photos[1],
        weights: await readFile(mtcnn!),
      });
      const recogniser = await createRecogniser({ model, detectorWeights: mtcnn });
      await recogniser.enrol('Ada', [photos[0]]);
      await recogniser.save(join(directory, 'files/gallery'));
      const own = [await recogniser.embed(photos[0]), await recogniser.embed(photos[1])];
      await recogniser.dispose();
      const open = await opened(directory);
      try {
        const found = await inPage(open.page, {
          engine: 'wasm',
          photos: ['files/1.jpg', 'files/2.jpg'],
          detectorWeights: 'files/weights',
          gallery: 'files/gallery',
        });
        // JPEG decoders differ by a grey level
        own.forEach((embedding, index) => expect(agreement(found.embeddings[index], embedding)).toBeGreaterThan(0.999));
        expect([found.name, found.later]).toEqual(['Ada', 'Eve']);
        expect(open.sent).toEqual([]);
      } finally {
        await open.close();
      }
    });
  },
);
