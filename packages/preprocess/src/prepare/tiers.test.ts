import { expect, test } from 'vitest';
import { createRandom, SEED_TIERS } from '@facewright/core';
import { person } from '../../test/prepare-support.js';
import { pickPhotos, tierFor } from './tiers.js';

const tiers = SEED_TIERS.map((rule) => ({ rule }));

test('the original project’s table at each of its boundaries', () => {
  const names = [1, 30, 31, 90, 91, 200, 201, 350, 351, 5000].map((photos) => tierFor(tiers, photos)?.rule.name);
  expect(names).toEqual([
    undefined,
    undefined,
    'noised',
    'noised',
    'opened',
    'opened',
    'kept',
    'kept',
    'picked',
    'picked',
  ]);
  expect(tierFor(tiers, 40)?.rule.augment).toEqual(['opening', 'gaussian-noise', 'salt-and-pepper']);
});

test('mistakes of the original project: the selection is reproducible: it has the right number, keeps the order, and depends only on the name and the seed', () => {
  const somebody = person('Ana', 400);
  const rule = { name: 'picked', above: 350, pick: 350, augment: [] };
  const { picked, left } = pickPhotos(somebody, rule, createRandom(1));
  expect([picked.length, left.length]).toEqual([350, 50]);
  expect([...picked, ...left].map(({ id }) => id).sort()).toEqual(somebody.photos.map(({ id }) => id).sort());
  const place = (id: string): number => somebody.photos.findIndex((photo) => photo.id === id);
  expect(picked.map(({ id }) => place(id))).toEqual(picked.map(({ id }) => place(id)).sort((a, b) => a - b));
  const ids = (name: string, seed: number): string[] =>
    pickPhotos({ ...somebody, name }, rule, createRandom(seed)).left.map(({ id }) => id);
  expect(ids('Ana', 1)).toEqual(left.map(({ id }) => id));
  expect(ids('Ana', 2)).not.toEqual(ids('Ana', 1));
  expect(ids('Bo', 1)).not.toEqual(ids('Ana', 1));
  expect(pickPhotos(person('Few', 5), rule, createRandom(1)).picked).toHaveLength(5);
});
