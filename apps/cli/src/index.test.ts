/** The exports of `facewright`: every part known by name can also be used in code. */
import { pluginsOf } from '@facewright/run';
import { expect, test } from 'vitest';
import { builtins } from './builtins.js';
import * as facewright from './index.js';

test('every built-in part is exported, and its package is named', () => {
  const exported = new Set<unknown>(Object.values(facewright));
  const missing = pluginsOf(builtins).filter((plugin) => !exported.has(plugin));
  expect(missing.map(({ meta }) => meta.name)).toEqual([]);
  expect(builtins.every(({ name }) => name.startsWith('@facewright/'))).toBe(true);
});
