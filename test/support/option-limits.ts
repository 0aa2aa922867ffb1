/** Checks options against a table: their defaults, and the values accepted and rejected at their limits. */
import type { PluginFactory } from '@facewright/core';
import { describe, expect, test } from 'vitest';

export interface OptionLimits {
  /** The default value; `undefined` if it stays unset. */
  readonly byDefault?: unknown;
  /** Accepted values, including limits that belong to the range. */
  readonly accepts?: readonly unknown[];
  /** Values just outside the range: each is an error that names the option. */
  readonly refuses: readonly unknown[];
}
export type LimitsTable = Readonly<Record<string, OptionLimits>>;

/** `parse` checks options and throws. `required` holds the options without a default that all cases need. */
export function testLimits(
  name: string,
  parse: (options: Record<string, unknown>) => unknown,
  table: LimitsTable,
  required: Readonly<Record<string, unknown>> = {},
): void {
  const parsed = (values: object): Record<string, unknown> =>
    parse({ ...required, ...values }) as Record<string, unknown>;
  const cases = Object.entries(table);
  describe(name, () => {
    test('defaults', () => {
      const defaults = cases.flatMap(([key, { byDefault }]) => (byDefault === undefined ? [] : [[key, byDefault]]));
      expect(parsed({})).toEqual({ ...Object.fromEntries(defaults), ...required });
    });
    test.each(cases)('%s', (key, { accepts = [], refuses }) => {
      for (const value of accepts) expect(parsed({ [key]: value })[key]).toEqual(value);
      for (const value of refuses)
        expect(() => parsed({ [key]: value }), `${key}: ${JSON.stringify(value)}`).toThrow(
          new RegExp(`"([^"]*\\.)?${key.replace('$', '\\$')}(\\.[^"]*)?"`),
        );
    });
    test('an unknown key', () => expect(() => parsed({ unheardOf: 1 })).toThrow(/Unknown key "([^"]*\.)?unheardOf"/));
  });
}

export const testOptionLimits = (plugin: PluginFactory, table: LimitsTable, required?: Record<string, unknown>): void =>
  testLimits(
    `options of ${plugin.meta.kind} "${plugin.meta.name}"`,
    (options) => plugin(options as never).options,
    table,
    required,
  );
