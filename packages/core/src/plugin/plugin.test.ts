/** Plugins: their options are checked as soon as a pipeline is composed, and they are recognised by structure. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Augmenter } from '../contracts/augmenter.js';
import type { Engine } from '../contracts/backend.js';
import { createRandom, type Random } from '../random.js';
import type { Emit } from '../values/events.js';
import type { RgbImage } from '../values/image.js';
import { createRunContainer, registerPlugin } from './container.js';
import { findPlugin } from './find-plugin.js';
import type { DataReference } from './names.js';
import { inject } from './part-class.js';
import { definePlugin, isPlugin, type ConfiguredPlugin, type PluginContext, type PluginFactory } from './plugin.js';
import { BASE_DIRECTORY, EMIT, ENGINE, OPTIONS, RANDOM, SIGNAL } from './tokens.js';

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

test('options are checked immediately, and defaults filled in', () => {
  expect(invert().options).toEqual({ amount: 1 });
  expect(invert({ amount: 0.5 })).toMatchObject({
    meta: { name: 'invert', kind: 'augmenter' },
    options: { amount: 0.5 },
  });
  expect(() => invert({ amount: 2 })).toThrow(/"amount"[^]*where: options of augmenter "invert"/);
  // @ts-expect-error a wrong key is an error of types too
  expect(() => invert({ amont: 1 })).toThrow(/Unknown key "amont"[^]*Did you mean "amount"/);
});

test('a part is created with its options', async () => {
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

test('a plugin is recognised by its structure, not by the identity of this package', () => {
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

const options = z.strictObject({ amount: z.number().default(1) });
class Tint implements Augmenter {
  constructor(
    private readonly given: z.output<typeof options>,
    private readonly random: Random,
    readonly signal: AbortSignal,
    readonly emit: Emit,
    readonly baseDirectory: string,
    readonly engine: Promise<Engine>,
  ) {}
  augment(image: RgbImage): RgbImage {
    return { ...image, data: image.data.map((value) => value + this.given.amount * this.random.integer(9)) };
  }
}

// what `@inject(TOKEN)` before each parameter does
[OPTIONS, RANDOM, SIGNAL, EMIT, BASE_DIRECTORY, ENGINE].forEach((token, index) =>
  inject(token)(Tint, undefined, index),
);

test('a class works as well as a function, and gets what it injects', async () => {
  const meta = { name: 'tint', kind: 'augmenter', version: '1.0.0', apiVersion: 1 } as const;
  const asClass = definePlugin({ meta, options, useClass: Tint });
  const asFunction = definePlugin({
    meta,
    options,
    create: ({ amount }, { random }) => ({
      augment: (image) => ({ ...image, data: image.data.map((value) => value + amount * random.integer(9)) }),
    }),
  });
  const image = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
  const engine = {} as Engine;
  let opened = 0;
  const make = async (plugin: typeof asClass) => {
    const own: PluginContext = { ...context, random: createRandom(5), engine: async () => (opened++, engine) };
    const part = await plugin({ amount: 2 }).create(own);
    return { own, part, data: part.augment(image, createRandom(0)).data };
  };
  const [one, other] = [await make(asClass), await make(asFunction)];
  expect(one.data).toEqual(other.data);
  expect(one.part).toBeInstanceOf(Tint);
  expect(one.part).toMatchObject({ signal: one.own.signal, emit: one.own.emit, baseDirectory: '.' });
  expect(await (one.part as Tint).engine).toBe(engine);
  expect([opened, isPlugin(asClass, 'augmenter')]).toEqual([1, true]);
  expect((await make(asClass)).part).not.toBe(one.part);
});

test.each([
  ['a name with capitals', { meta: { ...invert.meta, name: 'Invert' } }, /lower case letters/],
  ['a path as a name', { meta: { ...invert.meta, name: './invert' } }, /lower case letters/],
  ['a name with one hyphen too many', { meta: { ...invert.meta, name: 'in--vert' } }, /lower case letters/],
  ['a name that ends with a hyphen', { meta: { ...invert.meta, name: 'invert-' } }, /lower case letters/],
  ['a name with something before it', { meta: { ...invert.meta, name: '@me/invert' } }, /lower case letters/],
  ['nothing but options', { meta: undefined }, /lower case letters[^]*plugin "undefined"/],
  ['no options', { options: undefined }, /zod schema/],
  ['no name', { meta: { ...invert.meta, name: undefined } }, /lower case letters/],
  ['an unknown kind', { meta: { ...invert.meta, kind: 'augmentor' } }, /no kind of plugin "augmentor"[^]*augmenter/],
  ['no version', { meta: { ...invert.meta, version: undefined } }, /no version/],
  ['options that are not a schema', { options: { amount: 1 } }, /zod schema[^]*strictObject/],
  ['no create function or class', { create: undefined }, /either a "create" function or a "useClass"/],
  ['both a create function and a class', { useClass: Tint }, /either a "create" function or a "useClass"/],
])('definePlugin rejects %s', (_, wrong, message) => {
  const { meta, options, create } = invert;
  expect(() => definePlugin({ meta, options, create, ...wrong } as never)).toThrow(message);
});

test('a plugin for another API version is rejected in code too', () => {
  const old = { ...invert(), meta: { ...invert.meta, apiVersion: 2 } } as unknown as ConfiguredPlugin;
  const message = /"invert" was built for version 2 of the plugin API; this is version 1/;
  expect(() => registerPlugin(createRunContainer(), old)).toThrow(message);
  const known = [Object.assign(() => old, { ...invert, meta: old.meta })] as unknown as PluginFactory[];
  expect(() => findPlugin('augmenter', 'invert' as unknown as DataReference, { known, where: 'a file' })).toThrow(
    message,
  );
});

test('a zod 3 schema is rejected, and the error names the zod version needed', () => {
  const zod3 = { _def: {}, safeParse: () => ({ success: true, data: {} }) };
  expect(() => definePlugin({ meta: invert.meta, options: zod3 as never, create: () => ({}) as never })).toThrow(
    /zod 3 schema[^]*plugin "invert"[^]*npm install zod@4/,
  );
});
