/**
 * Two copies of this package in one process, as npm installs them if versions differ: the sources and a copy of the
 * build work together.
 */
import { cp, mkdir, mkdtemp, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import * as here from '../index.js';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
let there: typeof here;

beforeAll(async () => {
  const root = join(await mkdtemp(join(tmpdir(), 'fw-two-copies-')), 'node_modules');
  const copy = join(root, '@facewright/core');
  for (const name of ['dist', 'generated', 'package.json'])
    await cp(join(PACKAGE, name), join(copy, name), { recursive: true });
  const manifest = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')) as Record<string, object>;
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await symlink(join(PACKAGE, '../../node_modules', name), join(root, name));
  }
  there = (await import(/* @vite-ignore */ pathToFileURL(join(copy, 'dist/index.js')).href)) as typeof here;
});

test('errors are recognised by their brands, each by its own', () => {
  expect(there.FacewrightError).not.toBe(here.FacewrightError);
  for (const [from, to] of [
    [here, there],
    [there, here],
  ]) {
    const made = {
      FacewrightError: new from.FacewrightError({ what: 'A fault.' }),
      Interrupted: new from.Interrupted(),
      DeviceLost: new from.DeviceLost('GPU 1', 'unplugged'),
    };
    const known = Object.entries(made).map(([, error]) =>
      (['FacewrightError', 'Interrupted', 'DeviceLost'] as const).map((name) => error instanceof to[name]),
    );
    expect(known).toEqual([
      [true, false, false],
      [true, true, false],
      [true, false, true],
    ]);
    class Own extends to.FacewrightError {}
    expect([made.FacewrightError instanceof Own, new Own({ what: 'Mine.' }) instanceof from.FacewrightError]).toEqual([
      false,
      true,
    ]);
    for (const other of [new Error('x'), { what: 'x' }, null, 'x'])
      expect(other instanceof to.FacewrightError).toBe(false);
  }
});

test('a plugin of one copy, function or class, is created and found by the other', async () => {
  const options = z.strictObject({ level: z.number().default(3) });
  class Same {
    constructor(readonly given: { level: number }) {}
    augment = (image: here.RgbImage): here.RgbImage => image;
  }
  there.inject(there.OPTIONS)(Same, undefined, 0);
  const meta = { name: 'same', kind: 'augmenter', version: '1.0.0', apiVersion: 1 } as const;
  const plugin = there.definePlugin({ meta, options, useClass: Same });
  const container = here.createRunContainer();
  here.registerPlugin(container, plugin({ level: 4 }));
  expect((await container.resolve(here.AUGMENTER)) as unknown).toMatchObject({ given: { level: 4 } });
  expect(await container.resolve(there.AUGMENTER)).toBe(await container.resolve(here.AUGMENTER));
  const known = [plugin] as unknown as here.PluginFactory[];
  const found = here.findPlugin('augmenter', 'same' as unknown as here.DataReference, { known, where: 'a file' });
  expect(found.options).toEqual({ level: 3 });
});

test('errors in a part of the other copy keep their class', async () => {
  const failing = there.definePlugin({
    meta: { name: 'failing', kind: 'loss', version: '1.0.0', apiVersion: 1 },
    options: z.strictObject({}),
    create: () => Promise.reject(new there.DeviceLost('GPU 1', 'unplugged')),
  });
  const error: unknown = await here
    .makePart(failing(), here.pluginContext(here.createRunContainer(), 'test'))
    .catch((reason: unknown) => here.withPlugin(reason));
  expect([error instanceof here.DeviceLost, error instanceof there.DeviceLost]).toEqual([true, true]);
});
