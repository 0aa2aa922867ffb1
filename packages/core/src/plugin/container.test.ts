/** Runs in one process are isolated: each container has its own parts, events, randomness and engine. */
import { createRunContainer, pluginContext, registerPlugin } from './container.js'; // before tsyringe, which needs its reflection
import { inject, injectable } from 'tsyringe';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Engine } from '../contracts/backend.js';
import { createEventStream, type EventType } from '../values/events.js';
import { definePlugin, type PluginContext } from './plugin.js';
import type { Random } from '../random.js';
import { AUGMENTER, BACKEND, BASE_DIRECTORY, ENGINE, EVENTS, RANDOM, SIGNAL } from './tokens.js';

let made = 0;
const contexts: PluginContext[] = [];
const named = (name: string) =>
  definePlugin({
    meta: { name, kind: 'augmenter', version: '1.0.0', apiVersion: 1 },
    options: z.strictObject({}),
    create: (_, context) => {
      made++;
      contexts.push(context);
      return { augment: (image) => ({ ...image, data: Uint8Array.of(context.random.integer(256)) }) };
    },
  })();
function backend(opened: string[], name: string) {
  const engine: Engine = {
    name,
    device: 'none',
    compile: () => {
      throw new Error('computes nothing');
    },
    dispose: async () => {},
  };
  return definePlugin({
    meta: { name, kind: 'backend', version: '1.0.0', apiVersion: 1 },
    options: z.strictObject({}),
    create: () => ({ probe: async () => ({ usable: true }), open: async () => (opened.push(name), engine) }),
  })();
}

test('a part is created on first use, once per container, and not shared', async () => {
  const [first, second] = [createRunContainer({ seed: 1 }), createRunContainer({ seed: 1 })];
  for (const container of [first, second]) registerPlugin(container, named('a'));
  made = 0;
  const parts = await Promise.all([first.resolve(AUGMENTER), first.resolve(AUGMENTER), second.resolve(AUGMENTER)]);
  expect(made).toBe(2);
  expect(parts[0]).toBe(parts[1]);
  expect(parts[0]).not.toBe(parts[2]);
});

test('a run does not see what another one registers', () => {
  const [first, second] = [createRunContainer(), createRunContainer()];
  registerPlugin(first, named('a'));
  expect(first.isRegistered(AUGMENTER)).toBe(true);
  expect(() => second.resolve(AUGMENTER)).toThrow();
});

test('several of a kind: resolve gives the newest, resolveAll gives all', async () => {
  const container = createRunContainer();
  for (const name of ['a', 'b', 'c']) registerPlugin(container, named(name));
  expect(container.resolveAll(AUGMENTER)).toHaveLength(3);
  contexts.length = 0;
  await container.resolve(AUGMENTER);
  expect(contexts).toHaveLength(0); // already created by resolveAll
});

test('events of a run reach only its own readers', () => {
  const heard: [string, EventType][] = [];
  const [first, second] = [createRunContainer(), createRunContainer({ events: createEventStream() })];
  first.resolve(EVENTS).subscribe(({ type }) => heard.push(['first', type]));
  const stop = second.resolve(EVENTS).subscribe(({ type }) => heard.push(['second', type]));
  pluginContext(first, 'x').emit('notice', { level: 'info', message: 'one' });
  second.resolve(EVENTS).emit('run.finished', { seconds: 1 });
  stop();
  second.resolve(EVENTS).emit('run.finished', { seconds: 2 });
  expect(heard).toEqual([
    ['first', 'notice'],
    ['second', 'run.finished'],
  ]);
});

test('randomness depends on the seed and the purpose', () => {
  const [one, same, other] = [
    createRunContainer({ seed: 5 }),
    createRunContainer({ seed: 5 }),
    createRunContainer({ seed: 6 }),
  ];
  const draw = (container: typeof one, purpose: string): number => pluginContext(container, purpose).random.uniform();
  expect(draw(one, 'a')).toBe(draw(same, 'a'));
  expect(draw(one, 'a')).toBe(draw(one, 'a'));
  expect(new Set([draw(one, 'a'), draw(one, 'b'), draw(other, 'a')]).size).toBe(3);
});

test('the engine is opened once, when first needed', async () => {
  const opened: string[] = [];
  const [first, second] = [createRunContainer(), createRunContainer()];
  registerPlugin(first, backend(opened, 'one'));
  registerPlugin(second, backend(opened, 'two'));
  expect(opened).toEqual([]);
  const engines = await Promise.all([
    pluginContext(first, 'a').engine(),
    pluginContext(first, 'b').engine(),
    first.resolve(ENGINE),
    second.resolve(ENGINE),
  ]);
  expect(opened.sort()).toEqual(['one', 'two']);
  expect(engines.map(({ name }) => name)).toEqual(['one', 'one', 'one', 'two']);
  expect((await (await first.resolve(BACKEND)).probe()).usable).toBe(true);
});

test('signal and base directory come from the run', () => {
  const controller = new AbortController();
  const container = createRunContainer({ signal: controller.signal, baseDirectory: '/somewhere' });
  controller.abort();
  expect(container.resolve(SIGNAL).aborted).toBe(true);
  expect(container.resolve(BASE_DIRECTORY)).toBe('/somewhere');
  expect(pluginContext(createRunContainer(), 'x').signal.aborted).toBe(false);
});

test('a class injects what it needs by token', () => {
  class Dice {
    constructor(readonly random: Random) {}
  }
  // `@injectable() class Dice { constructor(@inject(RANDOM) …) }`, for transpilers without decorators
  inject(RANDOM)(Dice, undefined, 0);
  injectable()(Dice);
  expect(createRunContainer({ seed: 3 }).resolve(Dice).random.integer(6)).toBe(
    createRunContainer({ seed: 3 }).resolve(RANDOM).integer(6),
  );
});
