/** The generator for every kind, on a tree in memory. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { KINDS } from 'create-facewright-plugin';
import { expect, test } from 'vitest';
import { generate, type Tree } from '../src/generate.js';

function treeOf(files: Record<string, string>): Tree & { readonly files: Record<string, string> } {
  return {
    files,
    exists: (path) => Object.keys(files).some((file) => file === path || file.startsWith(`${path}/`)),
    read: (path) => files[path] ?? null,
    write: (path, text) => void (files[path] = text),
  };
}

test.each(KINDS)('a %s goes where the workspace keeps its packages', async (kind) => {
  const tree = treeOf({ 'package.json': '{ "workspaces": ["tool", "libs/*"] }' });
  await generate(kind, tree, { name: `@me/my-${kind}` });
  const made = Object.keys(tree.files).filter((path) => path !== 'package.json');
  expect(made).toEqual(
    expect.arrayContaining(
      ['package.json', 'src/index.ts', 'src/index.test.ts'].map((path) => `libs/my-${kind}/${path}`),
    ),
  );
  expect(made.filter((path) => !path.startsWith(`libs/my-${kind}/`) || path.includes('.github'))).toEqual([]);
});

test('a folder of the user, and the root where the workspace has no folder for packages', async () => {
  const tree = treeOf({});
  await generate('loss', tree, { name: 'first' });
  await generate('loss', tree, { name: 'second', directory: 'plugins' });
  expect(Object.keys(tree.files)).toEqual(
    expect.arrayContaining(['first/package.json', 'plugins/second/package.json']),
  );
});

test('it does not write over what is there, nor take a bad name', async () => {
  const tree = treeOf({ 'mine/src/index.ts': 'mine' });
  await expect(generate('loss', tree, { name: 'mine' })).rejects.toThrow('mine already exists');
  await expect(generate('loss', tree, { name: '../x' })).rejects.toThrow('is not a valid name');
  expect(tree.files).toEqual({ 'mine/src/index.ts': 'mine' });
});

test('Nx finds a generator for each kind', () => {
  const { generators } = JSON.parse(readFileSync(new URL('../generators.json', import.meta.url), 'utf8')) as {
    generators: Record<string, { factory: string }>;
  };
  const factories = createRequire(import.meta.url)('../generators.cjs') as Record<string, unknown>;
  expect(Object.keys(generators)).toEqual(KINDS);
  for (const [kind, { factory }] of Object.entries(generators)) {
    expect(factory).toBe(`./generators.cjs#${kind}`);
    expect(factories[kind]).toBeTypeOf('function');
  }
});
