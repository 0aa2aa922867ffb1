/** Plugins: configured and checked when they are made part of a pipeline, known by structure. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createRandom } from '../random.js';
import { definePlugin, isPlugin, type PluginContext } from './plugin.js';

const context: PluginContext = {
  random: createRandom(1),
  emit: () => {},
  signal: new AbortController().signal,
  engine: () => Promise.reject(new Error('no engine here')),
  baseDirectory: '.',
};
const invert = definePlugin({
  meta: { name: 'invert', kind: 'augmenter', version: '1.2.3', apiVersion: 1 },
  options: z.strictObject({ amount: z.number().min(0).max(1).default(1) }),
  create: ({ amount }) => ({
    augment: (image) => ({ ...image, data: image.data.map((value) => value + amount * (255 - 2 * value)) }),
  }),
});

test('options are checked at once, with defaults', () => {
  expect(invert().options).toEqual({ amount: 1 });
  expect(invert({ amount: 0.5 })).toMatchObject({
    meta: { name: 'invert', kind: 'augmenter' },
    options: { amount: 0.5 },
  });
  expect(() => invert({ amount: 2 })).toThrow(/"amount"[^]*where: options of augmenter "invert"/);
  // @ts-expect-error a wrong key is an error of types too
  expect(() => invert({ amont: 1 })).toThrow(/Unknown key "amont"[^]*Did you mean "amount"/);
});

test('a part is made with its options', async () => {
  const image = { width: 1, height: 1, data: Uint8Array.of(0, 100, 255) };
  expect([...(await invert().create(context)).augment(image, context.random).data]).toEqual([255, 155, 0]);
  expect([...(await invert({ amount: 0 }).create(context)).augment(image, context.random).data]).toEqual([0, 100, 255]);
});

test('a create that throws is a rejection', async () => {
  const failing = definePlugin({
    meta: { ...invert.meta, name: 'failing' },
    options: z.strictObject({}),
    create: () => {
      throw new Error('on purpose');
    },
  });
  await expect(failing().create(context)).rejects.toThrow('on purpose');
});

test('a plugin is known by its structure, not by this package’s identity', () => {
  const foreign = Object.assign(() => ({}), {
    meta: { name: 'x', kind: 'loss', version: '1', apiVersion: 1 },
    create: () => ({}),
  });
  expect([
    isPlugin(invert),
    isPlugin(invert, 'augmenter'),
    isPlugin(invert, 'loss'),
    isPlugin(foreign, 'loss'),
  ]).toEqual([true, true, false, true]);
  for (const value of [undefined, null, {}, () => {}, Object.assign(() => {}, { meta: {} }), invert.meta, invert()])
    expect(isPlugin(value)).toBe(false);
});
