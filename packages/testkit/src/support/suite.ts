/**
 * The building blocks of every suite: the part under test, named checks, and skips whose reason appears in the test's
 * name.
 */
import type { PluginKind } from '@facewright/core';
import { describe, test } from 'vitest';
import type { Subject } from './subject.js';

export type { Subject } from './subject.js';

/** A known and documented gap. */
export interface Skip {
  /** The reason, which appears in the name of each skipped test. */
  readonly reason: string;
  /** Names of the suite's tests, as the suite prints them. An unknown name is an error. */
  readonly tests: readonly string[];
}

export interface SuiteOptions {
  /** Shown instead of the plugin's name, e.g. to distinguish two configurations. */
  readonly name?: string;
  readonly skip?: readonly Skip[];
}

/** Registers one test of a suite. */
export type Check = (name: string, run: () => void | Promise<void>) => void;

/** Registers the suite's `describe` with its checks, those in `skip` as skipped tests. */
export function defineSuite<K extends PluginKind>(
  kind: K,
  subject: Subject<K>,
  { name, skip = [] }: SuiteOptions,
  register: (check: Check) => void,
): void {
  const shown = name ?? (typeof subject === 'function' ? undefined : subject.meta.name);
  describe(shown ? `${kind} ${shown}` : kind, () => {
    const names = new Set<string>();
    register((name, run) => {
      names.add(name);
      const skipped = skip.find((entry) => entry.tests.includes(name));
      if (skipped) test.skip(`${name} (skipped: ${skipped.reason})`, () => {});
      else test(name, run);
    });
    const wrong = skip.flatMap((entry) => [
      ...entry.tests.filter((test) => !names.has(test)),
      ...(entry.reason.trim() ? [] : ['a skip without a reason']),
    ]);
    if (wrong.length) {
      test('every skip names a test of the suite and its reason', () => {
        throw new Error(`not in this suite: ${wrong.join('; ')}`);
      });
    }
  });
}
