import { cpu } from '@facewright/backend-cpu';
import { wasm } from '@facewright/backend-wasm';
import {
  createRunContainer,
  definePlugin,
  fromUser,
  pluginAtFault,
  pluginContext,
  type Availability,
  type BackendTraits,
  type PluginFactory,
} from '@facewright/core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { chooseBackend, engineForAnySize, forAuto, listEngines } from './engines.js';
import { closedLibrary } from './library.js';
import { presetFor, presetOf } from '../presets/presets.js';

const context = pluginContext(createRunContainer(), 'test');
const libraryOf = (...plugins: unknown[]) =>
  closedLibrary([{ name: 'test', plugins: plugins as PluginFactory[] }], 'test');
const choose = (reference: string | { name: string; [option: string]: unknown }, ...plugins: unknown[]) =>
  chooseBackend(fromUser(reference as string), libraryOf(...plugins), context, 'test');

const engine = (
  name: string,
  availability: Availability,
  options: z.ZodType = z.strictObject({}),
  speed?: BackendTraits['speed'],
) =>
  definePlugin({
    meta: { name, kind: 'backend', version: '0.0.0', apiVersion: 1 },
    options,
    create: () => ({
      ...(speed && { traits: { speed, workers: false, layout: 'planes' } }),
      probe: async () => availability,
      open: () => Promise.reject(new Error('not opened here')),
    }),
  });

test('auto picks the first engine that works; a named one is used, or the error says why not', async () => {
  const auto = async (...availabilities: Availability[]): Promise<string> => {
    const { plugin } = await choose('auto', ...availabilities.map((each, i) => engine(`engine-${i}`, each)));
    return plugin.meta.name;
  };
  expect(await auto({ usable: false }, { usable: true }, { usable: true })).toBe('engine-1');
  expect(await auto({ usable: true, emulated: true }, { usable: true })).toBe('engine-1');
  expect(await auto({ usable: true }, { usable: true, accelerated: true })).toBe('engine-1');
  await expect(auto({ usable: false, reason: 'none' })).rejects.toThrow(/engine-0: none/);
  const broken = engine('broken', { usable: false, reason: 'no such device', remedy: 'buy one' });
  await expect(choose('broken', broken)).rejects.toThrow(/"broken" does not work here: no such device[\s\S]*buy one/);
  expect((await choose({ name: 'cpu' }, wasm, cpu)).plugin.meta.name).toBe('cpu');
  const usable = (await listEngines(context, libraryOf(wasm, cpu).known)).filter(forAuto).map(({ name }) => name);
  expect(usable).toEqual(['wasm', 'cpu']);
  expect(await listEngines(context, libraryOf(broken).known)).toEqual([
    { name: 'broken', description: undefined, usable: false, reason: 'no such device', remedy: 'buy one' },
  ]);
});

const absent = { usable: false, reason: 'not installed', remedy: 'install it' };
const gpu = (availability: Availability) => engine('gpu', availability, undefined, 'accelerator');
const compiling = engine('compiling', absent, undefined, 'processor');
test.each<[string, unknown[], string[]]>([
  ['a missing GPU', [gpu(absent), engine('other', { usable: true })], []],
  ['a GPU that is here but cannot be used', [gpu({ ...absent, deviceFound: true }), wasm], ['gpu']],
  ['a missing engine for the CPU, if the chosen one is slow', [compiling, wasm], ['compiling']],
  ['the same, if the chosen one is made for GPUs and uses the CPU', [compiling, gpu({ usable: true })], ['compiling']],
  ['a missing engine for the CPU, if a GPU is used', [compiling, gpu({ usable: true, accelerated: true })], []],
  [
    'another engine for a GPU, if one is used',
    [engine('xla', { ...absent, deviceFound: true }), gpu({ usable: true, accelerated: true })],
    ['xla'],
  ],
  ['both, the fastest first', [gpu({ ...absent, deviceFound: true }), compiling, wasm], ['gpu', 'compiling']],
  ['an engine that comes after the chosen one', [wasm, compiling], []],
  ['an emulated device', [gpu({ usable: true, emulated: true }), wasm], []],
])('auto says what could be had: %s', async (_, plugins, names) => {
  const { passedOver } = await choose('auto', ...plugins);
  expect(passedOver.map(({ name }) => name)).toEqual(names);
  expect(passedOver.map(({ reason, remedy }) => ({ reason, remedy }))).toEqual(
    names.map(() => ({ reason: 'not installed', remedy: 'install it' })),
  );
});

test('options next to auto apply to the engine it chooses; if that accepts none of them, it is an error', async () => {
  const works = { usable: true };
  const options = z.strictObject({ memory: z.number().optional(), threads: z.int().default(2) });
  const { plugin } = await choose({ name: 'auto', memory: 6.3 }, engine('taking', works, options), wasm);
  expect(plugin.options).toEqual({ memory: 6.3, threads: 2 });
  await expect(choose({ name: 'auto', memory: 6.3 }, wasm)).rejects.toThrow(
    /Unknown key "memory"[^]*backend "wasm", which "auto" chose, in test/,
  );
  const lenient = engine('lenient', works, z.object({}));
  await expect(choose({ name: 'auto', memory: 6.3 }, lenient)).rejects.toThrow('does not accept the options "memory"');
});

test('the preset fits the engine unless one is requested', async () => {
  expect((await presetOf(wasm())).name).toBe('small');
  expect(presetFor({ speed: 'processor' }).name).toBe('medium');
  // an engine without traits is assumed to be fast
  expect(await presetOf(engine('silent', { usable: true })())).toEqual({ name: 'full', config: {} });
  expect((await presetOf(wasm(), 'full')).config).toEqual({});
  expect(presetFor({ speed: 'processor' }, 'small')).toEqual(presetFor({ speed: 'slow' }));
});

test('if the engine compiles for each image size, photos go to the first working one that does not', async () => {
  const fixed = (name: string) =>
    definePlugin({
      meta: { name, kind: 'backend', version: '0.0.0', apiVersion: 1 },
      options: z.strictObject({}),
      create: () => ({
        traits: { speed: 'accelerator', workers: false, layout: 'interleaved', sizes: 'fixed' },
        probe: async () => ({ usable: true, accelerated: true }),
        open: () => Promise.reject(new Error('not opened here')),
      }),
    });
  const [first, second] = [fixed('first'), fixed('second')];
  const broken = engine('broken', { usable: false });
  const nameFor = async (...known: unknown[]): Promise<string> =>
    (await engineForAnySize(first(), libraryOf(...known), context)).meta.name;
  expect(await nameFor(first, second, broken, wasm, cpu)).toBe('wasm');
  expect(await nameFor(first, broken), 'there is no other').toBe('first');
  const any = wasm();
  expect(await engineForAnySize(any, libraryOf(cpu, wasm), context)).toBe(any);
});

test('an engine whose probe throws is passed over by auto; named, the error says which plugin it is', async () => {
  const throws = definePlugin({
    meta: { name: 'throws', kind: 'backend', version: '0.0.0', apiVersion: 1 },
    options: z.strictObject({}),
    create: () => ({
      traits: { speed: 'processor', workers: false, layout: 'planes' },
      probe: () => Promise.reject(new TypeError('x is undefined')),
      open: () => Promise.reject(new Error('not opened here')),
    }),
  });
  const { plugin, passedOver } = await choose('auto', throws, wasm);
  expect(plugin.meta.name).toBe('wasm');
  expect(passedOver).toMatchObject([{ name: 'throws', reason: 'the plugin failed: x is undefined' }]);
  const error: unknown = await choose('throws', throws).catch((thrown: unknown) => thrown);
  expect(pluginAtFault(error)).toEqual({ kind: 'backend', name: 'throws', package: 'throws' });
});
