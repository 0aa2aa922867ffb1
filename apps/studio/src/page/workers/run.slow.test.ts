/** The page's run is the tool's: each config key has its effect, checked in files and events. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@facewright/backend-cpu';
import { createRunContainer, pluginContext, type RunConfigInput, type RunEvent } from '@facewright/core';
import { generateSample } from '@facewright/datasets';
import { beforeAll, expect, test, vi } from 'vitest';
import { executeRun, type PhotoFile, type RunFiles } from './run.js';

// replaces the browser's engine; everything else is as in the page
vi.mock('./engine.js', () => ({
  openEngine: async () => ({
    engine: await (await cpu().create(pluginContext(createRunContainer(), 'test'))).open(),
    passedOver: ['webgpu is passed over'],
  }),
}));
vi.stubGlobal('navigator', { userAgent: 'a test' });

let photos: PhotoFile[];
let out: string;
beforeAll(async () => {
  const sample = await generateSample({ directory: await mkdtemp(join(tmpdir(), 'fw-page-')), people: 5, photos: 5 });
  const lines = (await readFile(sample.list, 'utf8')).trim().split('\n');
  photos = await Promise.all(
    lines.map(async (line) => {
      const [path, , ...numbers] = line.split(' ');
      const point = (at: number): [number, number] => [Number(numbers[2 * at]), Number(numbers[2 * at + 1])];
      return {
        id: path,
        identity: path.split('/')[0],
        blob: new Blob([new Uint8Array(await readFile(join(sample.directory, path)))]),
        landmarks: { leftEye: point(0), rightEye: point(1), nose: point(2), mouthLeft: point(3), mouthRight: point(4) },
      };
    }),
  );
  out = await mkdtemp(join(tmpdir(), 'fw-page-run-'));
});

const TINY: RunConfigInput = {
  tiers: [{ name: 'all', above: 0 }],
  model: { name: 'mobilefacenet', inputSize: 16, width: 0.125, embeddingSize: 8, bottlenecks: [[1, 64, 1, 2]] },
  batch: 8,
  stages: [{ loss: 'softmax', until: { steps: 3 } }],
  validation: { minimum: 2 },
  heldOut: { identities: 2, pairs: 20 },
};

let runs = 0;
async function run(config: RunConfigInput, given = photos): Promise<{ events: RunEvent[]; files: RunFiles }> {
  const events: RunEvent[] = [];
  const directory = join(out, String(runs++));
  const request = { photos: given, config: { ...TINY, ...config }, engine: 'auto' as const, directory };
  const files = await executeRun(request, (event) => events.push(event), new AbortController().signal);
  return { events, files };
}
const steps = (events: readonly RunEvent[]): number => events.filter(({ type }) => type === 'train.step').length;
const textOf = (files: RunFiles, path: string): string => new TextDecoder().decode(files[path]);

test('a run: events, evaluation, report and model', async () => {
  const { events, files } = await run({});
  expect(events.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['run.started', 'prepare.finished', 'train.step', 'evaluate.finished', 'run.finished']),
  );
  expect(Object.keys(files).sort()).toEqual([
    'events.jsonl',
    'metrics.json',
    'model/model.json',
    'model/model.onnx',
    'model/weights.safetensors',
    'report.html',
  ]);
});

test('until.any: an additional criterion ends the stage', async () => {
  const any = [{ name: 'steps', steps: 1 }];
  const { events } = await run({ stages: [{ loss: 'softmax', until: { steps: 3, any } }] });
  expect(steps(events)).toBe(1);
});

test('microBatch: a step processes its batch in parts', async () => {
  const [whole, parts] = [await run({}), await run({ microBatch: 4 })];
  const loss = (events: readonly RunEvent[]) =>
    events.flatMap((event) => (event.type === 'train.step' ? event.loss : []));
  // batch norm uses each part
  expect(loss(parts.events)[0]).not.toBe(loss(whole.events)[0]);
  await expect(run({ microBatch: 3 })).rejects.toThrow(/3/);
});

test('leastPhotos: people with fewer aligned photos are not trained on', async () => {
  const [{ identity }] = photos;
  const few = photos.filter((photo, index) => photo.identity !== identity || index < 2);
  const { events } = await run({ leastPhotos: 3, heldOut: { identities: 0 } }, few);
  expect(events.find(({ type }) => type === 'train.started')).toMatchObject({ identities: 4 });
});

test('licences: they are in the model’s card', async () => {
  const { files } = await run({ licences: { data: 'drawn', weights: 'CC0' } });
  expect(JSON.parse(textOf(files, 'model/model.json'))).toMatchObject({ licences: { data: 'drawn', weights: 'CC0' } });
});

test('detector: its options are validated and recorded', async () => {
  await expect(run({ detector: { name: 'mtcnn', minFase: 60 } })).rejects.toThrow(/minFase[^]*minFace/);
  const { events } = await run({ detector: { name: 'mtcnn', minFace: 60 } });
  expect(events.find(({ type }) => type === 'run.started')).toMatchObject({
    config: { detector: { name: 'mtcnn', minFace: 60, rules: '0.1' }, stages: [{ loss: { name: 'softmax' } }] },
  });
});
