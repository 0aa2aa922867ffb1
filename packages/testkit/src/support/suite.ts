/**
 * The building blocks of every suite: the part under test, named checks, and skips whose reason appears in the test's
 * name.
 */
import type { PluginKind } from '@facewright/core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { EngineSource } from './context.js';
import { configured, type Subject } from './subject.js';

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

/** How long a test or a hook may take, in milliseconds. vitest's 5 s are too short for a slow engine on a busy machine. */
const TIME_LIMIT = 300_000;

export const setUp = (open: () => unknown): void => beforeAll(async () => void (await open()), TIME_LIMIT);
export const tearDown = (close: () => unknown): void => afterAll(async () => void (await close()), TIME_LIMIT);

/** What a check returns if the part lacks the optional member of the contract that it is about. */
export const NOT_OFFERED = 'not offered';

type Outcome = typeof NOT_OFFERED | void;

/** Registers one test of a suite. `group` puts it together with others in the table of what each part holds. */
export type Check = (name: string, run: () => Outcome | Promise<Outcome>, group?: string) => void;

/** The same, with a group for all of its tests. */
export const grouped =
  (check: Check, group: string): Check =>
  (name, run) =>
    check(name, run, group);

/** What a test writes into its `meta.facewright`, for tools that read vitest's report. */
export interface Conformance {
  readonly kind: PluginKind;
  readonly plugin: string;
  /** The engine it ran on, if the suite takes one. */
  readonly engine?: string;
  readonly group?: string;
  readonly result: 'held' | typeof NOT_OFFERED;
}

/** Registers the suite's `describe` with its checks, those in `skip` as skipped tests. */
export function defineSuite<K extends PluginKind>(
  kind: K,
  subject: Subject<K>,
  { name, skip = [], engine }: SuiteOptions & { readonly engine?: EngineSource },
  register: (check: Check) => void,
): void {
  const shown = name ?? (typeof subject === 'function' ? undefined : subject.meta.name);
  const conformance = async (result: Conformance['result'], group?: string): Promise<Conformance> => ({
    kind,
    plugin: (await configured(subject)).meta.name,
    ...(typeof engine === 'object' && { engine: engine.meta.name }),
    ...(group && { group }),
    result,
  });
  describe(shown ? `${kind} ${shown}` : kind, () => {
    const names = new Set<string>();
    register((name, run, group) => {
      names.add(name);
      const skipped = skip.find((entry) => entry.tests.includes(name));
      if (skipped) {
        test.skip(`${name} (skipped: ${skipped.reason})`, () => {});
        return;
      }
      const checked = async ({ task }: { task: { meta: object } }): Promise<void> => {
        const facewright = await conformance((await run()) ?? 'held', group);
        Object.assign(task.meta, { facewright });
      };
      test(name, checked, TIME_LIMIT);
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
