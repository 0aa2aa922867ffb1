/**
 * Training that starts from trained weights: which class centres it keeps, replaces or recomputes, what is frozen and
 * for how long.
 */
import {
  createRandom,
  decodeSafetensors,
  hostTensor,
  stageConfig,
  stripPrefix,
  type Engine,
  type HostTensor,
  type HostTensors,
  type PluginContext,
} from '@facewright/core';
import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { of } from '../../test/recorded.js';
import { cosineLoss, normal, openCpu, tinyDataset, tinyModel } from '../../test/tiny.js';
import { tinyRun, type TinyOutcome, type TinyRun } from '../../test/tiny-run.js';
import { loadModelFiles, readStartingPoint, sgd, type InitialWeights } from '../index.js';
import { frozenParameters } from '../step/freeze.js';
import { noCentres, type KnownCentres } from './head-init.js';
import { stageState } from './stage-state.js';

let engine: Engine;
let root: string;
/** The starting point: a trained model and the state of its last checkpoint. */
let beginning: InitialWeights;
beforeAll(async () => {
  engine = await openCpu();
  root = await mkdtemp(join(tmpdir(), 'facewright-fine-tune-'));
  await run('trained', { from: undefined });
  beginning = { weights: await loadModelFiles(at('trained/model')), where: at('trained/model') };
});
afterAll(async () => rm(root, { recursive: true }));

const at = (path: string): string => join(root, path);

/** Eight steps with the cosine loss. */
const run = (
  directory: string,
  { config, people = 5, ...rest }: { config?: object; people?: number } & Partial<TinyRun> = {},
): Promise<TinyOutcome> =>
  tinyRun({
    engine,
    directory: at(directory),
    stages: [
      {
        name: 'cosine',
        loss: cosineLoss,
        optimiser: sgd({ weightDecay: 1e-3 }),
        config: { rate: 0.05, until: { steps: 8 }, ...config },
      },
    ],
    dataset: tinyDataset(people, 6),
    flip: false,
    validation: { fraction: 0, minimum: 0, everySteps: 100 },
    checkpoint: { everySteps: 100, keep: 3 },
    from: async () => beginning,
    ...rest,
  });

async function stateOf(directory: string, step: number): Promise<HostTensors> {
  const path = at(`${directory}/checkpoints/${String(step).padStart(8, '0')}/state.safetensors`);
  return decodeSafetensors(await readFile(path), path).tensors;
}

const notices = ({ events }: TinyOutcome): string[] => of(events, 'notice').map(({ message }) => message);
/** Names of the tensors that differ in any bit. */
const moved = (before: HostTensors, after: HostTensors): string[] =>
  Object.keys(before)
    .filter(
      (name) =>
        !Buffer.from(Float32Array.from(before[name].data).buffer).equals(
          Buffer.from(Float32Array.from(after[name].data).buffer),
        ),
    )
    .sort();
const column = ({ shape: [, width], data }: HostTensor, index: number): number[] =>
  Array.from(data).filter((_, at) => at % width === index);

describe('mistakes of the original project', () => {
  test('layers are copied by name, never by position: reordered layers are fine, a renamed layer is an error', async () => {
    const { params, statistics } = beginning.weights;
    const reversed = {
      params: Object.fromEntries(Object.entries(params).reverse()),
      statistics: Object.fromEntries(Object.entries(statistics).reverse()),
    };
    await run('in-order');
    await run('reversed', { from: async () => ({ ...beginning, weights: reversed }) });
    expect(await stateOf('reversed', 8)).toEqual(await stateOf('in-order', 8));
    const { 'stem/kernel': kernel, ...others } = params;
    const { error } = await run('renamed', {
      from: async () => ({ ...beginning, weights: { params: { ...others, 'first/kernel': kernel }, statistics } }),
    });
    expect(error).toMatchObject({ what: expect.stringMatching(/The tensor "stem\/kernel" is missing/) as string });
  });

  test('resuming restores more than weights: starting from the weights alone gives a different training', async () => {
    const stopAndGoOn = async (directory: string, forget: boolean): Promise<HostTensors> => {
      await run(directory, { abortAt: 4 });
      const weights = {
        params: stripPrefix('model/params', await stateOf(directory, 4)),
        statistics: stripPrefix('model/statistics', await stateOf(directory, 4)),
      };
      await (forget
        ? run(`${directory}-on`, { from: async () => ({ ...beginning, weights }), config: { until: { steps: 4 } } })
        : run(directory, { resume: true }));
      return stateOf(forget ? `${directory}-on` : directory, forget ? 4 : 8);
    };
    await run('never-stopped');
    const whole = await stateOf('never-stopped', 8);
    expect(await stopAndGoOn('resumed', false)).toEqual(whole);
    expect(moved(whole, await stopAndGoOn('weights-only', true))).toContain('model/params/stem/kernel');
    expect(Object.keys(whole).filter((name) => name.startsWith('memory/'))).not.toEqual([]);
  });
});

describe('class centres', () => {
  const former: KnownCentres = { centres: normal([4, 3], 1, createRandom('former')), identities: ['ada', 'bo', 'cy'] };
  const means = normal([4, 9], 1, createRandom('means'));
  const asked: (readonly number[])[] = [];
  const begun = async (
    identities: string[],
    known = former,
    init?: object,
  ): Promise<{ centres: HostTensor; head: object }> => {
    asked.length = 0;
    const { state, head } = await stageState(
      tinyModel.init(createRandom(1)),
      { loss: cosineLoss, optimiser: await sgd().create({} as PluginContext) },
      {
        identities,
        known,
        embeddingSize: 4,
        rule: stageConfig.parse({ loss: 'cosine', until: { steps: 1 }, init }).init,
        random: createRandom('drawn'),
        meansOf: async (labels) => (
          asked.push(labels),
          hostTensor(
            [4, labels.length],
            Float32Array.from(
              { length: 4 * labels.length },
              (_, i) => means.data[Math.floor(i / labels.length) * 9 + labels[i % labels.length]],
            ),
          )
        ),
      },
    );
    return { centres: state['head/params/centres'], head };
  };

  test('mistakes of the original project: reordering people does not mix up the classes, because centres are matched by name; new people start at their mean embedding', async () => {
    const { centres, head } = await begun(['cy', 'dee', 'ada', 'eve']);
    expect(head).toEqual({ carried: 2, means: 2, drawn: 0 });
    expect(asked).toEqual([[1, 3]]);
    expect([0, 1, 2, 3].map((label) => column(centres, label))).toEqual([
      column(former.centres, 2),
      column(means, 1),
      column(former.centres, 0),
      column(means, 3),
    ]);
  });

  test("are everybody's mean embedding if the model comes without them", async () => {
    const { centres, head } = await begun(['ada', 'bo'], noCentres(4));
    expect(head).toEqual({ carried: 0, means: 2, drawn: 0 });
    expect(column(centres, 1)).toEqual(column(means, 1));
  });

  test('are replaced if the stage says so', async () => {
    expect((await begun(['ada', 'bo'], former, { head: 'means' })).head).toEqual({ carried: 0, means: 2, drawn: 0 });
    const { centres, head } = await begun(['ada', 'bo'], former, { head: 'random' });
    expect(head).toEqual({ carried: 0, means: 0, drawn: 2 });
    expect(column(centres, 0)).not.toEqual(column(former.centres, 0));
    const drawn = await begun(['ada', 'dee'], former, { newcomers: 'random' });
    expect(drawn.head).toEqual({ carried: 1, means: 0, drawn: 1 });
    expect(asked).toEqual([]);
    expect(column(drawn.centres, 0)).toEqual(column(former.centres, 0));
  });
});

test('the model is kept and reported: its first loss is far below that of random weights', async () => {
  const tuned = await run('tuned');
  expect(tuned.error).toBeUndefined();
  expect(of(tuned.events, 'stage.started')[0].head).toBe('adopted');
  expect(notices(tuned)).toContain(
    "Class centres: 0 carried over, 5 set to the mean embedding of the person's photos.",
  );
  expect(
    of(tuned.events, 'progress')
      .filter(({ task }) => task === 'class centres')
      .at(-1),
  ).toMatchObject({ done: 50, total: 50 });
  const fresh = await run('fresh', { from: undefined });
  const first = ({ events }: TinyOutcome): number => of(events, 'train.step')[0].loss;
  expect(first(tuned)).toBeLessThan(0.6 * first(fresh));
});

describe('freezing', () => {
  const given = (): HostTensors => ({ ...beginning.weights.params, ...beginning.weights.statistics });
  const model = (state: HostTensors): HostTensors => ({
    ...stripPrefix('model/params', state),
    ...stripPrefix('model/statistics', state),
  });
  const everything = ['out/kernel', 'stem/beta', 'stem/gamma', 'stem/kernel', 'stem/mean', 'stem/variance'];

  test('of the model for a number of steps: until then only the centres move, and weight decay and statistics do nothing', async () => {
    const config = { freeze: { steps: 4 } };
    await run('frozen', { config, abortAt: 4 });
    expect(moved(given(), model(await stateOf('frozen', 4)))).toEqual([]);
    await run('frozen', { config, abortAt: 5, resume: true });
    expect(moved(given(), model(await stateOf('frozen', 5)))).toEqual(everything);
    const one = await run('frozen-1', { config, abortAt: 1 });
    expect(of(one.events, 'train.step')).toHaveLength(1);
    expect(
      moved(
        stripPrefix('head/params', await stateOf('frozen-1', 1)),
        stripPrefix('head/params', await stateOf('frozen', 4)),
      ),
    ).toEqual(['centres']);
  });

  test('interrupted while frozen and afterwards, it resumes to the same bytes', async () => {
    const config = { freeze: { steps: 4 } };
    await run('undisturbed', { config });
    for (const abortAt of [2, 6, undefined]) await run('disturbed', { config, abortAt, resume: abortAt !== 2 });
    const weights = async (directory: string): Promise<Buffer> =>
      readFile(at(`${directory}/model/weights.safetensors`));
    expect((await weights('disturbed')).equals(await weights('undisturbed'))).toBe(true);
  });

  test('of a layer keeps it and its statistics unchanged for the whole stage', async () => {
    await run('stem', { config: { freeze: { parameters: ['stem'] } } });
    expect(moved(given(), model(await stateOf('stem', 8)))).toEqual(['out/kernel']);
  });

  test('accepts the model, the head, groups and layer paths; names that match nothing or everything are errors', () => {
    const all = ['model/params/stem/kernel', 'model/params/out/kernel', 'head/params/centres'];
    expect([...frozenParameters({ parameters: ['head', 'afterGlobal'] }, all, tinyModel)]).toEqual([
      'head/params/centres',
      'model/params/out/kernel',
    ]);
    expect(() => frozenParameters({ parameters: ['stam'] }, all, tinyModel)).toThrow(
      /"stam".*[^]*model, head, afterGlobal, stem, out/,
    );
    expect(() => frozenParameters({ parameters: ['model', 'head'] }, all, tinyModel)).toThrow(/nothing to train/);
  });
});

test('a starting point is a model, a checkpoint, or a run, which gives its newest intact checkpoint', async () => {
  const [model, checkpoint, whole] = await Promise.all(
    ['trained/model', 'trained/checkpoints/00000008', 'trained'].map((path) => readStartingPoint(at(path))),
  );
  expect(model.head).toBeUndefined();
  for (const { head, weights } of [checkpoint, whole]) {
    expect(head).toMatchObject({
      loss: 'cosine',
      identities: ['person 0', 'person 1', 'person 2', 'person 3', 'person 4'],
    });
    expect(weights.params['stem/kernel']).toEqual(model.weights.params['stem/kernel']);
  }
  await expect(readStartingPoint(at('nowhere'))).rejects.toThrow(/nothing to start from/);
  await run('cut', { abortAt: 3 });
  await truncate(at('cut/checkpoints/00000003/state.safetensors'), 100);
  await expect(readStartingPoint(at('cut/checkpoints/00000003'))).rejects.toThrow(/damaged/);
});

test('a growing head: the people it knows are carried over, and new people start at their means', async () => {
  const { head, weights, path } = await readStartingPoint(at('trained'));
  const known = { centres: cosineLoss.centres!(head!.params), identities: head!.identities };
  const grown = await run('grown', { people: 7, from: async () => ({ weights, known, where: path }) });
  expect(notices(grown)).toContain(
    "Class centres: 5 carried over, 2 set to the mean embedding of the person's photos.",
  );
  expect((await stateOf('grown', 8))['head/params/centres'].shape).toEqual([4, 7]);
});
