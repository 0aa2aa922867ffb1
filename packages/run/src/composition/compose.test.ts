/**
 * Composition: each part in its place and in the record, wherever it came from. Duplicate, unused and invalid parts are
 * rejected.
 */
import { cpu } from '@facewright/backend-cpu';
import {
  createEventStream,
  definePlugin,
  LOSS,
  parseRunConfig,
  type ConfiguredPlugin,
  type PluginFactory,
  type PluginKind,
  type RunConfigInput,
  type RunEvent,
} from '@facewright/core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { composeParts } from './compose.js';
import type { EngineRow } from './engines.js';
import { GivenParts } from './given.js';
import { closedLibrary } from './library.js';

const PARTS: Record<string, object> = {
  reader: { identities: () => [] },
  detector: { detect: async () => [] },
  aligner: { fingerprint: 'f', size: 8, align: () => undefined },
  augmenter: { augment: () => undefined },
  model: { inputSize: [8, 8], embeddingSize: 2, init: () => undefined, apply: () => undefined },
  loss: { init: () => undefined, apply: () => undefined },
  optimiser: { init: () => undefined, update: () => undefined },
  criterion: { begin: () => undefined, observe: () => undefined, verdict: () => undefined },
  logger: { open: () => undefined },
};
const plugin = (kind: PluginKind, name: string, version = '1.0.0') =>
  definePlugin({
    meta: { name, kind, version, apiVersion: 1 },
    options: z.strictObject({ m: z.number().default(0.5) }),
    create: (options) => ({ ...PARTS[kind], options }) as never,
  });
const builtIn = (kind: PluginKind, name: string) => plugin(kind, name) as unknown as PluginFactory;
const library = closedLibrary(
  [
    {
      name: 'built-in',
      plugins: [
        builtIn('reader', 'folder'),
        builtIn('detector', 'mtcnn'),
        builtIn('aligner', 'five-point'),
        builtIn('augmenter', 'opening'),
        builtIn('model', 'mobilefacenet'),
        builtIn('loss', 'softmax'),
        builtIn('loss', 'arcface'),
        builtIn('optimiser', 'adam'),
        builtIn('optimiser', 'sgd'),
        builtIn('criterion', 'steps'),
        builtIn('logger', 'tensorboard'),
        cpu as unknown as PluginFactory,
      ],
    },
  ],
  'test',
);
const CONFIG: RunConfigInput = {
  tiers: [
    { name: 'some', above: 5, augment: ['opening'] },
    { name: 'all', above: 0 },
  ],
  stages: [
    { loss: 'softmax', until: { steps: 1 } },
    { loss: { name: 'arcface', m: 0.1 }, optimiser: 'sgd', until: { any: [{ name: 'steps', m: 9 }] } },
  ],
};
const compose = (config: RunConfigInput, ...plugins: ConfiguredPlugin[]) => composeOn(cpu(), config, plugins);
const composeOn = (
  backend: ConfiguredPlugin<'backend'>,
  config: RunConfigInput,
  plugins: ConfiguredPlugin[],
  { events = createEventStream(), passedOver = [] as readonly EngineRow[] } = {},
) => {
  const given = new GivenParts(plugins);
  given.requireOneSource(config, 'my.config.ts');
  return composeParts(parseRunConfig({ ...CONFIG, ...config }, 'test'), {
    library,
    given,
    backend: { plugin: backend, passedOver },
    events,
    signal: new AbortController().signal,
    baseDirectory: '.',
    where: 'my.config.ts',
  });
};

test('every part is in its place with its own options, and is created once', async () => {
  const { stages, tiers } = await compose({});
  expect(
    stages.map(({ loss, optimiser, criteria }) => [loss.name, optimiser.name, criteria.map(({ name }) => name)]),
  ).toEqual([
    ['softmax', 'adam', []],
    ['arcface', 'sgd', ['steps']],
  ]);
  expect(await stages[1].loss.make()).toMatchObject({ options: { m: 0.1 } });
  expect(await stages[0].loss.make()).toMatchObject({ options: { m: 0.5 } });
  expect(await stages[1].loss.make()).toBe(await stages[1].loss.make());
  expect(tiers.map(({ augmenters }) => augmenters.length)).toEqual([1, 0]);
});

test('the record contains what was used, whether it came from config, defaults or code', async () => {
  const { config, parts, container } = await compose(
    { stages: [{ loss: 'arcface', until: { steps: 1 } }] },
    plugin('loss', 'arcface', '7.0.0')({ m: 0.9 }),
    plugin('model', 'own')({ m: 3 }),
  );
  expect(config).toMatchObject({
    model: { name: 'own', m: 3 },
    detector: { name: 'mtcnn', m: 0.5 },
    backend: { name: 'cpu' },
    tiers: [{ augment: [{ name: 'opening', m: 0.5 }] }, {}],
    stages: [{ loss: { name: 'arcface', m: 0.9 }, optimiser: { name: 'adam', m: 0.5 } }],
  });
  expect(parts).toContainEqual({
    use: 'stages.0.loss',
    kind: 'loss',
    name: 'arcface',
    version: '7.0.0',
    options: { m: 0.9 },
  });
  expect(parts).toContainEqual({
    use: 'tiers.0.augment.0',
    kind: 'augmenter',
    name: 'opening',
    version: '1.0.0',
    package: 'built-in',
    options: { m: 0.5 },
  });
  expect(await container.resolve(LOSS)).toMatchObject({ options: { m: 0.9 } });
});

test('the record has the package that a config names for its backend, which is chosen before the other parts', async () => {
  const engine = plugin('backend', 'my-engine')() as ConfiguredPlugin<'backend'>;
  const recorded = async (backend: RunConfigInput['backend'], ...given: ConfiguredPlugin[]) =>
    (await composeOn(engine, { backend }, given)).parts.find(({ use }) => use === 'backend')?.package;
  expect(await recorded('./my-engine.ts')).toBe('./my-engine.ts');
  expect(await recorded('auto')).toBeUndefined();
  expect(await recorded('my-engine', engine)).toBeUndefined();
});

test('a logger in code needs no name in the config', async () => {
  const { loggers, config } = await compose({ loggers: ['tensorboard'] }, plugin('logger', 'own')());
  expect(loggers.map(({ name }) => name)).toEqual(['tensorboard', 'own']);
  expect(config.loggers).toHaveLength(2);
});

test.each([
  [
    [{ name: 'onnx', usable: false, reason: 'no library', remedy: 'install it' }],
    'The engine is cpu. A faster one does not work here: onnx (no library).',
  ],
  [
    [
      { name: 'xla', usable: false, reason: 'not set up', remedy: 'install it' },
      { name: 'onnx', usable: false },
    ],
    'The engine is cpu. Faster ones do not work here: xla (not set up), onnx (no reason given).',
  ],
])('when the engine opens, one line says what faster one could be had, and how', async (passedOver, message) => {
  const events = createEventStream();
  const told: RunEvent[] = [];
  events.subscribe((event) => told.push(event));
  const { engine, dispose } = await composeOn(cpu(), {}, [], { events, passedOver });
  await engine();
  await dispose();
  expect(told).toMatchObject([
    { type: 'notice', level: 'warning', message, todo: 'install it' },
    { type: 'engine.opened', name: 'cpu' },
  ]);
});

const own = (kind: PluginKind, name: string) => plugin(kind, name)();
test.each<[string, RunConfigInput, ConfiguredPlugin[], RegExp]>([
  [
    'options for one part in code and in the config',
    { model: { name: 'mobilefacenet', m: 1 } },
    [own('model', 'mobilefacenet')],
    /"model" has options \(m\), but the model "mobilefacenet" is given in code with its own[^]*my\.config\.ts/,
  ],
  [
    'options for one loss in code and in a stage',
    { stages: [{ loss: { name: 'arcface', m: 1 }, until: { steps: 1 } }] },
    [own('loss', 'arcface')],
    /"stages\.0\.loss" has options \(m\), but the loss "arcface" is given in code/,
  ],
  [
    'two models',
    { model: 'mobilefacenet' },
    [own('model', 'own')],
    /"model" names the model "mobilefacenet", but the model "own" is given in code/,
  ],
  [
    'two models in code',
    {},
    [own('model', 'a'), own('model', 'b')],
    /A run has one model, but 2 were given in code: "a", "b"/,
  ],
  [
    'a loss that no stage uses',
    {},
    [own('loss', 'own')],
    /The loss "own" was given in code, but nothing uses it[^]*"loss" of a stage/,
  ],
  [
    'two losses with one name',
    {},
    [own('loss', 'arcface'), own('loss', 'arcface')],
    /2 parts of kind loss given in code are named "arcface"/,
  ],
  [
    'a plugin factory that was not called',
    {},
    [plugin('loss', 'arcface') as never],
    /"arcface" is a plugin that has not been configured[^]*Call it/,
  ],
  ['a value that is not a plugin', {}, [{ name: 'arcface' } as never], /not a configured plugin/],
  [
    'a plugin for another API version',
    {},
    [{ ...own('loss', 'arcface'), meta: { name: 'arcface', kind: 'loss', version: '1', apiVersion: 2 as never } }],
    /The plugin "arcface" was built for version 2 of the plugin API; this is version 1[^]*given in code/,
  ],
])('refused: %s', async (_, config, plugins, message) => {
  await expect((async () => compose(config, ...plugins))()).rejects.toThrow(message);
});
