import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Model } from '../contracts/model.js';
import { findPlugin } from './find-plugin.js';
import type { DataReference } from './names.js';
import { definePlugin, type PluginFactory } from './plugin.js';

const wide = definePlugin({
  meta: { name: 'wide', kind: 'model', version: '1.0.0', apiVersion: 1 },
  options: z.strictObject({ width: z.number().default(1) }),
  create: () => ({}) as Model,
});
const source = { known: [wide] as unknown as PluginFactory[], where: 'model/model.json' };
const find = (reference: unknown) => findPlugin('model', reference as DataReference, source);

test('data selects a known plugin, by name or with options', () => {
  expect(find('wide').options).toEqual({ width: 1 });
  expect(find({ width: 2, name: 'wide' })).toMatchObject({
    meta: { name: 'wide' },
    options: { width: 2 },
    factory: wide,
  });
});

test.each(['./wide.mjs', '/etc/wide.mjs', 'some-package', 'Wide', 'node:fs', 'data:text/javascript,1'])(
  '%s is only looked up',
  (name) =>
    expect(() => find({ name })).toThrow(
      `The file asks for the model "${name}", which is neither built in nor one of your plugins.\n  where: model/model.json`,
    ),
);

test('a plugin of another kind, and options it does not accept', () => {
  expect(() => findPlugin('loss', 'wide' as unknown as DataReference, source)).toThrow(/asks for the loss "wide"/);
  expect(() => find({ name: 'wide', widht: 2 })).toThrow(/Unknown key "widht"[^]*model "wide" in model\/model\.json/);
});
