/** The toy engine passes the suite that every engine passes, for every op that can be captured. */
import { definePlugin } from '@facewright/core';
import { testBackend } from '@facewright/testkit';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { openToyEngine } from './toy-engine.js';

const toy = definePlugin({
  meta: { name: 'toy', kind: 'backend', version: '1.0.0', apiVersion: 1, description: 'a toy' },
  options: z.strictObject({}),
  create: (_, { emit }) => ({
    probe: async () => ({ usable: true, device: 'typed arrays' }),
    open: async () => openToyEngine(undefined, emit),
  }),
});
testBackend(toy());

test('it has fewer than 150 lines', () => {
  const lines = readFileSync(new URL('toy-engine.ts', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.trim() && !/^\s*(\/\*\*|\*|\/\/)/.test(line));
  expect(lines.length).toBeLessThan(150);
});
