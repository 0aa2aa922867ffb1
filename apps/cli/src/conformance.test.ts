/** `docs/conformance.json`, from which the site's table of what each part holds is made, has every built-in part. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { builtins } from './builtins.js';

interface Run {
  readonly kind: string;
  readonly plugin: string;
  readonly groups: Readonly<Record<string, { readonly held: number; readonly of: number }>>;
  readonly notOffered: readonly string[];
  readonly gaps: Readonly<Record<string, string>>;
}

const runs = JSON.parse(
  readFileSync(new URL('../../../docs/conformance.json', import.meta.url), 'utf8'),
) as readonly Run[];
const all = builtins.flatMap(({ plugins }) => plugins.map(({ meta: { kind, name } }) => `${kind} ${name}`));

/** Their suites want a device or a library that the machine of the last run did not have. */
const MAY_LACK = ['backend node-gpu', 'backend webgpu', 'backend xla', 'cluster mpi'];

// after a new part: npm run conformance
test('every built-in part is in it, and no other', () => {
  const listed = new Set(runs.map(({ kind, plugin }) => `${kind} ${plugin}`));
  expect([...listed].filter((part) => !all.includes(part))).toEqual([]);
  expect(all.filter((part) => !listed.has(part) && !MAY_LACK.includes(part))).toEqual([]);
});

test.each(runs)('$kind $plugin, $name: each test is held, not offered, or a gap with its reason', (run) => {
  const counts = Object.values(run.groups);
  const held = counts.reduce((sum, group) => sum + group.held, 0);
  const of = counts.reduce((sum, group) => sum + group.of, 0);
  expect(held).toBeGreaterThan(0);
  expect(of - held).toBe(run.notOffered.length + Object.keys(run.gaps).length);
  for (const reason of Object.values(run.gaps)) expect(reason).toMatch(/\w+ \w+/);
});
