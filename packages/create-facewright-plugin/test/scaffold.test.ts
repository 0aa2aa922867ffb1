/** The command line of `npm create facewright-plugin`, and the contents of the files. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLUGIN_KINDS } from '@facewright/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KINDS, scaffold } from '../src/scaffold.js';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'facewright-scaffold-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('it knows every kind', () => {
  expect(KINDS).toEqual(PLUGIN_KINDS);
});

test.each(KINDS)('a %s is created from its template, with its imports as peers', (kind) => {
  const at = scaffold(kind, '@me/fancy-part', directory);
  const source = readFileSync(join(at, 'src/index.ts'), 'utf8');
  expect(source).toMatch(/export const fancyPart = definePlugin/);
  expect(source).toContain(`name: 'fancy-part'`);
  expect(source).toMatch(/Change first/);
  const {
    peerDependencies,
    dependencies = {},
    keywords,
    name,
  } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as {
    peerDependencies: object;
    dependencies?: object;
    keywords: string[];
    name: string;
  };
  expect(name).toBe('@me/fancy-part');
  expect(keywords).toContain('facewright-plugin');
  const packages = [...source.matchAll(/(?:from|import\() ?'((?!node:|\.)[^']+)'/g)].map(([, used]) => used);
  expect(Object.keys({ ...peerDependencies, ...dependencies }).sort()).toEqual(packages.sort());
});

test.each(KINDS)("a %s's test and bench script import what its package.json has", (kind) => {
  const at = scaffold(kind, 'my-part', directory);
  const manifest = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as Record<string, object>;
  const has = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies };
  for (const file of ['src/index.test.ts', 'scripts/bench.mjs']) {
    const text = readFileSync(join(at, file), 'utf8');
    const packages = [...text.matchAll(/from '((?!node:|\.)(?:@[^/']+\/)?[^/']+)/g)].map(([, used]) => used);
    expect(Object.keys(has)).toEqual(expect.arrayContaining(packages));
  }
});

test('a plugin takes every version of core that keeps the promise of apiVersion 1', () => {
  const manifest = readFileSync(join(scaffold('loss', 'my-part', directory), 'package.json'), 'utf8');
  const { peerDependencies } = JSON.parse(manifest) as { peerDependencies: Record<string, string> };
  expect(peerDependencies['@facewright/core']).toMatch(/^>=\d+\.\d+\.\d+ <2$/);
});

test('mistakes are reported, and nothing is left behind', () => {
  expect(() => scaffold('lose' as never, 'x', directory)).toThrow('"lose" is not a kind of plugin');
  for (const name of ['My Loss', '../x', 'a/b', 'x_', ''])
    expect(() => scaffold('loss', name, directory)).toThrow('is not a valid name');
  scaffold('loss', 'mine', directory);
  expect(() => scaffold('loss', 'mine', directory)).toThrow('already exists');
  expect(readdirSync(directory)).toEqual(['mine']);
  expect(existsSync(join(directory, 'mine/.gitignore'))).toBe(true);
});
