/** What users read when an option is wrong: the key, the place and the closest valid key. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { FacewrightError } from '../values/errors.js';
import { parseOptions } from './schema.js';

const schema = z.strictObject({
  rate: z.number().positive().default(0.1),
  parts: z.array(z.strictObject({ name: z.string(), weight: z.number().optional() })).default([]),
  nested: z.strictObject({ deeper: z.strictObject({ value: z.int().min(0).default(1) }).prefault({}) }).prefault({}),
  either: z.union([z.string(), z.strictObject({ name: z.string(), scale: z.number().optional() })]).optional(),
});
function errorOf(value: unknown): FacewrightError {
  try {
    parseOptions(schema, value, 'some/file.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(FacewrightError);
    return error as FacewrightError;
  }
  throw new Error('no error');
}

test('valid options come back with their defaults', () => {
  expect(parseOptions(schema, { parts: [{ name: 'a' }] }, 'here')).toEqual({
    rate: 0.1,
    parts: [{ name: 'a' }],
    nested: { deeper: { value: 1 } },
  });
});

describe('an unknown key', () => {
  test('names the key, the place and the closest valid key', () => {
    const error = errorOf({ rat: 1 });
    expect(error.what).toBe('Unknown key "rat".');
    expect(error.where).toBe('some/file.yaml');
    expect(error.todo).toBe('Did you mean "rate"? Known keys: rate, parts, nested, either.');
    expect(error.message).toBe(
      'Unknown key "rat".\n  where: some/file.yaml\n  to do: Did you mean "rate"? Known keys: rate, parts, nested, either.',
    );
  });

  test('is shown with its path, in objects, lists and unions', () => {
    expect(errorOf({ nested: { deeper: { vale: 1 } } })).toMatchObject({
      what: 'Unknown key "nested.deeper.vale".',
      todo: 'Did you mean "value"? Known keys: value.',
    });
    expect(errorOf({ parts: [{ name: 'a' }, { name: 'b', wight: 2 }] })).toMatchObject({
      what: 'Unknown key "parts.1.wight".',
      todo: 'Did you mean "weight"? Known keys: name, weight.',
    });
    expect(errorOf({ either: { name: 'a', scal: 2 } })).toMatchObject({
      what: 'Unknown key "either.scal".',
      todo: 'Did you mean "scale"? Known keys: name, scale.',
    });
  });

  test('two unknown keys are both named', () =>
    expect(errorOf({ rat: 1, path: 2 }).what).toBe('Unknown keys "rat", "path".'));
});

describe('a wrong value', () => {
  test('names its key and the expected value', () => {
    expect(errorOf({ rate: 'fast' }).what).toMatch(/^"rate": .*expected number.*string/);
    expect(errorOf({ rate: -1 }).what).toMatch(/^"rate": .*>0/);
    expect(errorOf({ parts: [{}] }).what).toMatch(/^"parts\.0\.name": /);
    expect(errorOf({ either: 5 }).what).toMatch(/^"either": /);
  });

  test('every problem is listed', () => {
    expect(errorOf({ rate: -1, nested: { deeper: { value: -2 } }, wrong: 1 }).what.split('\n')).toHaveLength(3);
  });

  test('not an object', () => {
    expect(errorOf('rate').what).toMatch(/expected object/);
    expect(errorOf(null).what).toMatch(/expected object/);
  });
});
