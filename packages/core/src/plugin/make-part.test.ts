/** Broken plugins: their errors say which plugin is to blame. */
import { expect, test } from 'vitest';
import { singleCluster } from '../contracts/cluster.js';
import type { Loss } from '../contracts/loss.js';
import { createEventStream } from '../values/events.js';
import { FacewrightError } from '../values/errors.js';
import { createRunContainer, pluginContext } from './container.js';
import { makePart, pluginAtFault, withPlugin } from './make-part.js';
import type { ConfiguredPlugin, Contracts, PluginKind } from './plugin.js';

const context = pluginContext(createRunContainer({ events: createEventStream() }), 'test');
const plugin = <K extends PluginKind>(kind: K, create: () => unknown): ConfiguredPlugin<K> => ({
  meta: { name: 'broken', kind, version: '1.0.0', apiVersion: 1 },
  options: {},
  create: async () => create() as Contracts[K],
});
const thrownBy = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

test('a part without a required member is rejected by name', async () => {
  await expect(
    makePart(
      plugin('loss', () => ({})),
      context,
      './my-loss.ts',
    ),
  ).rejects.toThrow(
    /The loss "broken" of \.\/my-loss\.ts returned a loss without "init", "apply"[^]*"create" must return a loss/,
  );
  await expect(
    makePart(
      plugin('detector', () => undefined),
      context,
    ),
  ).rejects.toThrow(/without "detect"/);
});

test.each<[PluginKind, string, string, unknown, string]>([
  ['backend', 'an engine', '"open"', { name: 'e', device: 'd', dispose() {} }, '"compile"'],
  ['backend', 'an engine', '"open"', undefined, '"name", "device", "compile", "dispose"'],
  ['logger', 'an open logger', '"open"', Promise.resolve({ close() {} }), '"reader"'],
  ['cluster', 'a cluster', '"open"', { ...singleCluster(), abort: undefined }, '"abort"'],
])('what a %s opens is checked: %s', async (kind, noun, by, opened, missing) => {
  const part = await makePart(
    plugin(kind, () => ({ probe() {}, open: () => opened })),
    context,
  );
  const open = async (): Promise<unknown> => (part as unknown as { open(): unknown }).open();
  const error = String(await thrownBy(open));
  expect(error).toContain(`The ${kind} "broken" returned ${noun} without ${missing}.`);
  expect(error).toContain(`${by} must return ${noun}`);
});

test('so is what its engine compiles', async () => {
  const engine = { name: 'e', device: 'd', dispose() {}, compile: () => ({ run() {}, dispose() {} }) };
  const backend = await makePart(
    plugin('backend', () => ({ probe() {}, open: async () => engine })),
    context,
  );
  const { compile } = await backend.open();
  expect(() => compile(() => ({ outputs: {} }))).toThrow(/returned an executable without "readState", "writeState"/);
});

test('an error thrown inside a part is marked with the plugin and otherwise unchanged', async () => {
  const gap = new RangeError('no such op');
  const loss = await makePart(
    plugin('loss', () => ({
      init: () => {
        throw gap;
      },
      apply: () => ({}),
    })),
    context,
    'my-package',
  );
  const error = await thrownBy(() => (loss as Loss).init(1, 1, context.random));
  expect(error).toBe(gap);
  expect(pluginAtFault(error)).toEqual({ kind: 'loss', name: 'broken', package: 'my-package' });
  expect(withPlugin(error)).toMatchObject({
    what: 'The loss "broken" of my-package failed: no such op',
    where: expect.stringMatching(/^at .*make-part\.test/),
    cause: gap,
  });
});

test('promises, iterators, thrown strings and "create" itself are covered too', async () => {
  const named = async (work: () => unknown) => pluginAtFault(await thrownBy(work))?.kind;
  expect(
    await named(() =>
      makePart(
        plugin('model', () => expect.fail('on purpose')),
        context,
      ),
    ),
  ).toBe('model');
  const detector = await makePart(
    plugin('detector', () => ({ detect: () => Promise.reject('a string') })),
    context,
  );
  expect(await named(() => detector.detect(undefined as never))).toBe('detector');
  const reader = await makePart(
    plugin('reader', () => ({
      async *identities() {
        yield { name: 'one', photos: [] };
        throw new Error('the disk is gone');
      },
    })),
    context,
  );
  const read: string[] = [];
  expect(
    await named(async () => {
      for await (const { name } of reader.identities()) read.push(name);
    }),
  ).toBe('reader');
  expect(read).toEqual(['one']);
});

test('an error with its own advice, and one that comes from no plugin, are unchanged', async () => {
  const own = new FacewrightError({ what: 'The file is empty.', todo: 'Fill it.' });
  const reader = await thrownBy(() =>
    makePart(
      plugin('reader', () => Promise.reject(own)),
      context,
    ),
  );
  expect(withPlugin(reader)).toBe(own);
  const other = new Error('x');
  expect(withPlugin(other)).toBe(other);
});

test('methods keep their object, private fields and identity', async () => {
  class Counting {
    #count = 0;
    augment(): number {
      return ++this.#count;
    }
  }
  const part = await makePart(
    plugin('augmenter', () => new Counting()),
    context,
  );
  const { augment } = part as unknown as { augment(): number };
  expect([augment(), augment()]).toEqual([1, 2]);
  expect(part.augment).toBe(part.augment);
  expect(Object.isFrozen(Object.freeze(part))).toBe(true);
});

test('an error names the plugin that caused it, even if another plugin called it', async () => {
  const inner = await makePart(
    plugin('detector', () => ({ detect: () => expect.fail('inside') })),
    context,
    'inner-package',
  );
  const outer = await makePart(
    plugin('augmenter', () => ({ augment: () => inner.detect(undefined as never) })),
    context,
    'outer-package',
  );
  const error = await thrownBy(() => outer.augment(undefined as never, context.random));
  expect(pluginAtFault(error)).toMatchObject({ kind: 'detector', package: 'inner-package' });
});

test('thrown values need not be errors, and may be frozen', async () => {
  const frozen = Object.freeze(new Error('frozen'));
  const part = await makePart(
    plugin('detector', () => ({
      detect: (image: unknown) => {
        throw image === 'frozen' ? frozen : image;
      },
    })),
    context,
  );
  expect(await thrownBy(() => part.detect('frozen' as never))).toBe(frozen);
  expect(pluginAtFault(await thrownBy(() => part.detect('text' as never)))).toStrictEqual({
    kind: 'detector',
    name: 'broken',
  });
  const error = await thrownBy(() => part.detect('a string' as never));
  expect(error).toBeInstanceOf(Error);
  expect(withPlugin(error)).toMatchObject({ what: 'The detector "broken" failed: a string' });
  for (const value of [undefined, null, 5, 'text']) expect(pluginAtFault(value)).toBeUndefined();
});

test('plain values and functions that must stay unchanged are returned as they are', async () => {
  const fixed = (): number => 5;
  const part = await makePart(
    plugin('aligner', () =>
      Object.defineProperty({ fingerprint: 'f', size: 112, align: () => 'aligned' }, 'fixed', { value: fixed }),
    ),
    context,
  );
  expect(part).toMatchObject({ fingerprint: 'f', size: 112 });
  expect((part as unknown as { fixed: unknown }).fixed).toBe(fixed);
  expect((part as unknown as { align(): string }).align()).toBe('aligned');
  const seen = (part as unknown as { align(): string }).align;
  (part as unknown as { align(): string }).align = () => 'changed';
  expect((part as unknown as { align(): string }).align).not.toBe(seen);
  expect((part as unknown as { align(): string }).align()).toBe('changed');
});

test.each([
  ['reader', ['identities']],
  ['detector', ['detect']],
  ['aligner', ['fingerprint', 'size', 'align']],
  ['augmenter', ['augment']],
  ['model', ['inputSize', 'embeddingSize', 'init', 'apply']],
  ['loss', ['init', 'apply']],
  ['optimiser', ['init', 'update']],
  ['criterion', ['begin', 'observe', 'verdict']],
  ['backend', ['probe', 'open']],
  ['logger', ['open']],
  ['cluster', ['probe', 'open']],
] as const)('a %s needs %s, and each is missed', async (kind, keys) => {
  const whole = Object.fromEntries(keys.map((key) => [key, () => {}]));
  await makePart(
    plugin(kind, () => whole),
    context,
  );
  for (const key of keys) {
    const { [key]: _, ...rest } = whole;
    await expect(
      makePart(
        plugin(kind, () => rest),
        context,
      ),
    ).rejects.toThrow(new RegExp(`^The ${kind} "broken" returned an? ${kind} without "${key}"\\.`));
  }
});

test('an error without a stack has no line', async () => {
  const part = await makePart(
    plugin('detector', () => ({
      detect: () => {
        throw Object.assign(new Error('x'), { stack: undefined });
      },
    })),
    context,
  );
  const error = await thrownBy(() => part.detect(undefined as never));
  expect(withPlugin(error)).toMatchObject({ what: 'The detector "broken" failed: x', where: undefined });
});

test('what a part opens names the plugin too', async () => {
  const boom = (): never => {
    throw new Error('boom');
  };
  const kindOf = async (work: () => unknown) => pluginAtFault(await thrownBy(work))?.kind;
  const logger = await makePart(
    plugin('logger', () => ({ open: () => ({ reader: boom, close: async () => boom() }) })),
    context,
  );
  const { reader, close } = logger.open('/run');
  expect(await kindOf(() => reader(undefined as never))).toBe('logger');
  expect(await kindOf(() => close())).toBe('logger');
  const cluster = await makePart(
    plugin('cluster', () => ({
      probe: boom,
      open: async () => ({ ...singleCluster(), rank: 1, allReduce: async () => boom() }),
    })),
    context,
  );
  const joined = await cluster.open();
  expect(joined.rank).toBe(1);
  expect(await kindOf(() => joined.allReduce(new Float32Array(1)))).toBe('cluster');
  const step = { run: async () => boom(), readState: boom, writeState: boom, dispose: boom };
  const engine = { name: 'e', device: 'd', compile: () => step, dispose: boom };
  const backend = await makePart(
    plugin('backend', () => ({ probe: boom, open: async () => engine })),
    context,
  );
  const executable = (await backend.open()).compile(() => ({ outputs: {} }));
  expect(await kindOf(() => executable.run({}))).toBe('backend');
});
