/**
 * What the compiler accepts: a plugin named in data never reaches the loader. Checked by `npm run typecheck`; nothing
 * here runs.
 */
import {
  findPlugin,
  fromUser,
  parseRunConfig,
  plainReference,
  type DataName,
  type DataReference,
  type PluginReference,
} from '@facewright/core';
import { expect, test } from 'vitest';
import { importPlugins, loadPlugin, type PluginSource } from './load-plugin.js';

declare const name: DataName;
declare const reference: DataReference;
declare const text: string;
declare const source: PluginSource;

export const mixed = (): unknown[] => [
  // @ts-expect-error a name out of data is not imported
  importPlugins(name, source),
  // @ts-expect-error nor is a text that nobody called the user's
  importPlugins(text, source),
  // @ts-expect-error a part that data names is not loaded
  loadPlugin('model', reference, source),
  // @ts-expect-error not with its options either
  loadPlugin('model', { width: 1, name }, source),
  // @ts-expect-error nor a text
  loadPlugin('model', text, source),
  // @ts-expect-error a name out of data cannot be called the user's
  fromUser(name),
  // @ts-expect-error not with its options either
  fromUser({ width: 1, name }),
  // @ts-expect-error and does not become one in a config
  parseRunConfig({ model: { width: 1, name } }, 'a model card'),
  // @ts-expect-error not in the list of plugins either
  parseRunConfig({ plugins: [name] }, 'a model card'),
  // @ts-expect-error and it is no string that could be passed on as one
  text.concat(name),
];

export const allowed = (user: PluginReference): unknown[] => [
  findPlugin('model', reference, source),
  findPlugin('model', { width: 1, name }, source),
  loadPlugin('model', user, source),
  loadPlugin('model', parseRunConfig({ model: './mine.ts' }, 'the config').model, source),
];

test('at run time, a name is the string it was written as', () => {
  expect(plainReference({ width: 1, name: './mine.ts' } as unknown as DataReference)).toEqual({
    name: './mine.ts',
    options: { width: 1 },
  });
});
