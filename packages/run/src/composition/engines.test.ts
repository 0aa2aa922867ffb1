import { cpu } from '@facewright/backend-cpu';
import { wasm } from '@facewright/backend-wasm';
import {
  createRunContainer,
  definePlugin,
  fromUser,
  pluginContext,
  type Availability,
  type PluginFactory,
} from '@facewright/core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { chooseBackend, forAuto, listEngines } from './engines.js';
import { presetFor } from '../presets/presets.js';

const source = { known: [wasm, cpu] as unknown as PluginFactory[], baseDirectory: '.', where: 'test' };
const context = pluginContext(createRunContainer(), 'test');

const engine = (name: string, availability: Availability) =>
  definePlugin({
    meta: { name, kind: 'backend', version: '0.0.0', apiVersion: 1 },
    options: z.strictObject({}),
    create: () => ({ probe: async () => availability, open: () => Promise.reject(new Error('not opened here')) }),
  });

test('auto takes the first engine that works; a named one is taken or says why not', async () => {
  const usable = (await listEngines(context, source.known)).filter(forAuto).map(({ name }) => name);
  const auto = async (...availabilities: Availability[]): Promise<string> => {
    const known = availabilities.map((availability, i) => engine(`engine-${i}`, availability)) as never;
    return (await chooseBackend(fromUser('auto'), { ...source, known }, context)).plugin.meta.name;
  };
  expect(await auto({ usable: false }, { usable: true }, { usable: true })).toBe('engine-1');
  expect(await auto({ usable: true, emulated: true }, { usable: true })).toBe('engine-1');
  expect(await auto({ usable: true }, { usable: true, accelerated: true })).toBe('engine-1');
  await expect(auto({ usable: false, reason: 'none' })).rejects.toThrow(/engine-0: none/);
  expect(usable).toEqual(expect.arrayContaining(['wasm', 'cpu']));
  expect((await chooseBackend(fromUser({ name: 'cpu' }), source, context)).plugin.meta.name).toBe('cpu');
  const broken = engine('broken', { usable: false, reason: 'no such device', remedy: 'buy one' });
  await expect(chooseBackend(fromUser('broken'), { ...source, known: [broken] as never }, context)).rejects.toThrow(
    /"broken" does not work here: no such device[\s\S]*buy one/,
  );
  expect(forAuto({ usable: true, device: 'a GPU', emulated: true })).toBe(false);
  expect(await listEngines(context, [broken] as never)).toEqual([
    { name: 'broken', description: undefined, usable: false, reason: 'no such device', remedy: 'buy one' },
  ]);
});

test('the preset fits the engine, unless one is asked for', () => {
  expect(presetFor({ name: 'wasm' }).name).toBe('small');
  expect(presetFor({ name: 'onnx' }).name).toBe('medium');
  expect(presetFor({ name: 'onnx', provider: 'cuda' })).toEqual({ name: 'full', config: {} });
  expect(presetFor({ name: 'a-plugin' }).name).toBe('full');
  expect(presetFor({ name: 'wasm' }, 'full').config).toEqual({});
  expect(presetFor({ name: 'onnx' }, 'small').config.batch).toBe(presetFor({ name: 'cpu' }).config.batch);
});
