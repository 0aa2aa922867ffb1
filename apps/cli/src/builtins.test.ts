/** What the built-in parts say about themselves. */
import { pluginContext, createRunContainer } from '@facewright/core';
import { backendsOf, pluginsOf } from '@facewright/run';
import { nodeGpu } from '@facewright/backend-node-gpu';
import { describe, expect, test } from 'vitest';
import { builtins } from './builtins.js';

const context = pluginContext(createRunContainer(), 'test');

describe('built-in engines declare their traits instead of relying on the assumed ones', () => {
  test.each(backendsOf(pluginsOf(builtins)).map((factory) => [factory.meta.name, factory] as const))(
    '%s',
    async (_, factory) => {
      expect((await factory().create(context)).traits).toMatchObject({
        speed: expect.stringMatching(/^(slow|processor|accelerator)$/),
        layout: expect.stringMatching(/^(planes|interleaved)$/),
      });
    },
  );
});

test('node-gpu on a processor is not taken for a GPU', async () => {
  expect((await nodeGpu({ device: 'cpu' }).create(context)).traits?.speed).toBe('processor');
});
