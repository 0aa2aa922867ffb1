/** A whole run, and each stage alone, started as a user would. */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { drawPeople, facewright, filesBelow, readJson, temporary, TINY, writeConfig } from './helpers/tool.js';

// each test starts the tool several times, on machines that may be busy
let directory: string;
let list: string;
let config: string;

beforeAll(async () => {
  directory = await temporary();
  ({ list } = await drawPeople(directory));
  config = await writeConfig(directory, TINY);
});

describe('a run', () => {
  test('ends with a dataset, a model, checkpoints, events, metrics and a report; a second start asks what to do with them', async () => {
    const out = join(directory, 'run');
    const ended = await facewright(['run', '--data', list, '--out', out, '--config', config, '--json']);
    expect(ended.stderr).toContain('stage 2: arcface');
    expect(ended.code).toBe(0);
    const { metrics, report, model } = ended.json<{ metrics: unknown; report: string; model: string }>();
    expect(report).toBe(join(out, 'report.html'));
    expect(model).toBe(join(out, 'model'));
    expect(metrics).toEqual(await readJson(join(out, 'metrics.json')));
    expect(metrics).toEqual({
      verdict: {
        level: expect.stringMatching(/^(good|fair|poor)$/),
        title: expect.any(String),
        reasons: expect.any(Array),
        next: expect.any(Array),
      },
      preparation: {
        photos: 30,
        kept: 30,
        dropped: 0,
        reasons: {},
        perTier: { all: { identities: 6, photos: 30, images: 30 } },
      },
      stages: [
        { loss: 'softmax', steps: 3, finalLoss: expect.any(Number), endedBecause: 'steps' },
        { loss: 'arcface', steps: 2, finalLoss: expect.any(Number), endedBecause: 'steps' },
      ],
      verification: {
        pairs: 20,
        accuracy: expect.any(Number),
        std: expect.any(Number),
        threshold: expect.any(Number),
        tarAtFar: expect.any(Object),
      },
      throughput: {
        detectPhotosPerSecond: expect.any(Number),
        trainImagesPerSecond: expect.any(Number),
        preparation: { photosPerSecond: expect.any(Number), workers: 0, stages: expect.any(Object) },
      },
    });
    const files = await filesBelow(out);
    for (const file of [
      'dataset/dataset.json',
      'dataset/index.bin',
      'events.jsonl',
      'model/model.json',
      'model/weights.safetensors',
      'run.json',
    ])
      expect(files).toContain(file);
    expect(files.filter((file) => file.includes('partial'))).toEqual([]);
    expect(files.some((file) => file.startsWith('checkpoints/'))).toBe(true);

    const again = await facewright(['run', '--data', list, '--out', out, '--config', config]);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/There is already a run here.*\n.*\n.*--resume.*--force/);
    const resumed = await facewright(['run', '--data', list, '--out', out, '--config', config, '--resume', '--json']);
    expect(resumed.stderr).toContain('resumed at step 5');
    expect(resumed.json<{ metrics: { stages: unknown; verification: unknown } }>().metrics).toMatchObject({
      stages: (metrics as { stages: unknown }).stages,
      verification: (metrics as { verification: unknown }).verification,
    });
    const other = await facewright([
      'run',
      '--data',
      list,
      '--out',
      out,
      '--config',
      config,
      '--resume',
      '--seed',
      '9',
    ]);
    expect(other.stderr).toMatch(/The run was started with different options:\s+seed: 1 then, 9 now/);
    expect(
      (await facewright(['run', '--data', list, '--out', out, '--config', config, '--force', '--quiet'])).code,
    ).toBe(0);
  });

  test('the same seed gives the same model, another seed a different one', async () => {
    const weights = async (name: string, seed: string): Promise<unknown> => {
      const out = join(directory, name);
      expect(
        (await facewright(['run', '--data', list, '--out', out, '--config', config, '--seed', seed, '--quiet'])).stderr,
      ).toBe('');
      return (await readJson<{ weights: { sha256: string } }>(join(out, 'model', 'model.json'))).weights.sha256;
    };
    const [a, b, c] = [await weights('a', '5'), await weights('b', '5'), await weights('c', '6')];
    expect(a).toBe(b);
    expect(a).not.toBe(c);
  });

  test('on a slow engine the small preset is used and announced; the config overrides it', async () => {
    const short = await writeConfig(await temporary(), {
      tiers: TINY.tiers,
      stages: TINY.stages,
      model: TINY.model,
      backend: 'wasm',
    });
    const ended = await facewright(['run', '--data', list, '--out', join(directory, 'preset'), '--config', short]);
    expect(ended.stderr).toMatch(/The preset "small", which suits the engine "wasm", sets detector, batch, validation/);
    expect(ended.code).toBe(0);
  });
});

test('each stage alone: prepare, train, evaluate on the held-out people', async () => {
  const dataset = join(directory, 'stages', 'dataset');
  const out = join(directory, 'stages');
  const prepared = await facewright(['prepare', '--data', list, '--out', dataset, '--config', config, '--json']);
  expect(prepared.json()).toMatchObject({
    directory: dataset,
    photos: 30,
    kept: 30,
    images: 30,
    exclusions: [],
    alignment: { size: 112 },
  });
  const again = await facewright(['prepare', '--data', list, '--out', dataset, '--config', config]);
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining(dataset)]);

  const trained = await facewright(['train', '--data', dataset, '--out', out, '--config', config, '--json']);
  expect(trained.code).toBe(0);
  expect(trained.json()).toMatchObject({
    dataset,
    metrics: { preparation: null, verification: null, stages: [{ loss: 'softmax' }, { loss: 'arcface' }] },
  });

  const model = join(out, 'model');
  const evaluated = await facewright(['evaluate', '--model', model, '--data', dataset, '--config', config, '--json']);
  expect(evaluated.json()).toMatchObject({ model, verification: { pairs: 20, folds: 10, skipped: 0 }, skipped: [] });
  expect(evaluated.stderr).not.toContain('warning');

  // training needs a prepared dataset
  const raw = await facewright(['train', '--data', list, '--out', join(directory, 'raw'), '--config', config]);
  expect([raw.code, raw.stderr]).toEqual([1, expect.stringContaining('not a prepared dataset')]);
  // and a run accepts one unchanged
  const whole = await facewright([
    'run',
    '--data',
    dataset,
    '--out',
    join(directory, 'whole'),
    '--config',
    config,
    '--json',
  ]);
  expect(whole.json()).toMatchObject({ dataset, metrics: { preparation: null, verification: { pairs: 20 } } });
});

test('help has examples, and every command is listed', async () => {
  const { stdout } = await facewright(['--help']);
  for (const command of [
    'run',
    'prepare',
    'train',
    'evaluate',
    'compare',
    'import',
    'export',
    'pairs',
    'detect',
    'doctor',
  ]) {
    expect(stdout).toContain(command);
    expect((await facewright([command, '--help'])).stdout).toContain('Examples:');
  }
});
