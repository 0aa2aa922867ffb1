/** The suites have a time limit of their own: vitest's is meant for quick tests, and an engine may be slow. */
import { definePlugin, type Augmenter } from '@facewright/core';
import { vi } from 'vitest';
import { z } from 'zod';
import { testAugmenter } from './index.js';

vi.setConfig({ testTimeout: 1, hookTimeout: 1 });

const slow = definePlugin({
  meta: { name: 'slow', kind: 'augmenter', version: '0.0.0', apiVersion: 1 },
  options: z.strictObject({}),
  create: async (): Promise<Augmenter> => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { augment: ({ width, height, data }) => ({ width, height, data: data.map((value) => 255 - value) }) };
  },
});

testAugmenter(slow());
