/** Which tiers a run takes: the user's, those of --min-photos, those of an earlier start, or those for small sets. */
import { cpu } from '@facewright/backend-cpu';
import {
  createEventStream,
  definePlugin,
  parseRunConfig,
  SEED_TIERS,
  type ConfiguredPlugin,
  type PluginFactory,
  type PluginKind,
  type RunConfigInput,
} from '@facewright/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { SMALL_SET_TIERS } from '../presets/small-set.js';
import { composeForData, type DataFit } from './compose-for-data.js';

const part = (kind: PluginKind, name: string, made: object = {}) =>
  definePlugin({
    meta: { name, kind, version: '1.0.0', apiVersion: 1 },
    options: z.looseObject({}),
    create: () => made as never,
  }) as unknown as PluginFactory;

/** A reader of people with these numbers of photos; counts the people it was asked for. */
function readerOf(photos: readonly number[]) {
  const asked = { people: 0 };
  const plugin = part('reader', 'counted', {
    async *identities() {
      for (const [index, length] of photos.entries()) {
        asked.people++;
        yield { name: `person ${index}`, photos: Array.from({ length }) };
      }
    },
  });
  return { asked, plugin };
}

async function fitted(photos: readonly number[], fit: Partial<DataFit> = {}) {
  const { asked, plugin } = readerOf(photos);
  const names: [PluginKind, string][] = [
    ['detector', 'mtcnn'],
    ['aligner', 'five-point'],
    ['augmenter', 'opening'],
    ['augmenter', 'gaussian-noise'],
    ['augmenter', 'salt-and-pepper'],
    ['model', 'mobilefacenet'],
    ['loss', 'softmax'],
    ['loss', 'arcface'],
    ['optimiser', 'adam'],
  ];
  const scope = {
    builtins: [{ name: 'test', plugins: [plugin, ...names.map(([kind, name]) => part(kind, name))] }],
    events: createEventStream(),
    signal: new AbortController().signal,
    baseDirectory: '/nowhere',
    where: 'test',
    plugins: [],
  };
  const given: RunConfigInput = { data: 'photos', reader: 'counted', ...fit.given };
  const backend = { plugin: cpu() as ConfiguredPlugin<'backend'>, passedOver: [] };
  const { composition, notice } = await composeForData(parseRunConfig(given, 'test'), backend, scope, {
    prepares: true,
    ...fit,
    given,
  });
  const tiers = composition.config.tiers.map(({ name, above }) => ({ name, above }));
  await composition.dispose();
  return { tiers, notice, asked: asked.people };
}

const plain = (tiers: readonly { name: string; above: number }[]) => tiers.map(({ name, above }) => ({ name, above }));
const SEED = plain(SEED_TIERS);
const SMALL = plain(SMALL_SET_TIERS);

describe('the tiers', () => {
  test("are the recipe's if at least two people have enough photos; counting stops there", async () => {
    expect(await fitted([31, 2, 400, 2, 2])).toEqual({ tiers: SEED, notice: undefined, asked: 3 });
  });

  test("are those for small sets if the recipe would leave fewer than two people, and a notice says how to use the recipe's", async () => {
    const { tiers, notice } = await fitted([9, 9, 40, 1]);
    expect(tiers).toEqual(SMALL);
    expect(notice?.message).toContain('asks for 31 photos of each person, which 1 of 4 people have');
    expect(notice?.todo).toContain('--min-photos 31');
  });

  test("stay the recipe's if those for small sets do not help either: its error then says what is missing", async () => {
    expect(await fitted([1, 1, 9])).toMatchObject({ tiers: SEED, notice: undefined });
  });

  test("are the user's own, or those of --min-photos, without counting photos", async () => {
    const own = [{ name: 'all', above: 0, augment: [] }];
    expect(await fitted([9, 9], { given: { tiers: own } })).toEqual({ tiers: plain(own), notice: undefined, asked: 0 });
    const { tiers, asked } = await fitted([9, 9], { minPhotos: 5 });
    expect([tiers.at(-1), asked]).toEqual([{ name: 'noised', above: 4 }, 0]);
    expect(await fitted([9, 9], { prepares: false })).toMatchObject({ tiers: SEED, asked: 0 });
  });

  test('are those of an earlier start of the same run, even if the photos have changed', async () => {
    expect(await fitted([400, 400], { earlier: SMALL })).toMatchObject({ tiers: SMALL, asked: 0 });
    const { tiers } = await fitted([9, 9], { earlier: [...SEED.slice(0, -1), { name: 'noised', above: 11 }] });
    expect(tiers.at(-1)).toEqual({ name: 'noised', above: 11 });
    // what is no record of tiers is not taken
    expect(await fitted([9, 9], { earlier: 'nonsense' })).toMatchObject({ tiers: SMALL });
  });
});
