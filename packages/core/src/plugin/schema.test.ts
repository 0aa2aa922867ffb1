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

describe('a value with several possible forms is checked against the closest one', () => {
  const named = z.strictObject({ name: z.string(), scale: z.number() });
  const messageOf = (forms: z.ZodType[], value: unknown): string => {
    try {
      parseOptions(z.strictObject({ part: z.union(forms) }), { part: value }, 'here');
    } catch (error) {
      return (error as FacewrightError).message;
    }
    throw new Error('no error');
  };

  test.each([
    ['last', [z.string(), z.number(), named]],
    ['first', [named, z.number(), z.string()]],
    ['between', [z.string(), named, z.number()]],
  ])('wherever it stands: %s', (_, forms) => {
    const message = messageOf(forms, { name: 5, scale: 'big' });
    expect(message).toMatch(/^"part\.name": .*expected string/m);
    expect(message).toMatch(/^"part\.scale": .*expected number/m);
    expect(message).not.toMatch(/expected string, received object/);
  });

  test('deeper is closer', () => {
    const deep = z.strictObject({ rule: z.strictObject({ steps: z.number() }), rate: z.number() });
    const shallow = z.strictObject({ rule: z.string(), rate: z.number() });
    for (const forms of [
      [shallow, deep],
      [deep, shallow],
    ])
      expect(messageOf(forms, { rule: { steps: 'ten' }, rate: 'fast' })).toMatch(
        /^"part\.rule\.steps": .*expected number/,
      );
  });

  test('if two are equally close, the first one counts', () => {
    const [number, flag] = [z.strictObject({ value: z.number() }), z.strictObject({ value: z.boolean() })];
    expect(messageOf([number, flag], { value: 'x' })).toMatch(/"part\.value": .*expected number/);
    expect(messageOf([flag, number], { value: 'x' })).toMatch(/"part\.value": .*expected boolean/);
  });

  test('a key that no form has is reported with the keys of all forms', () => {
    const forms = [z.strictObject({ width: z.number().optional() }), z.strictObject({ height: z.number().optional() })];
    const message = messageOf(forms, { heigth: 1 });
    expect(message).toContain('Unknown key "part.heigth".');
    expect(message).toContain('Did you mean "height"? Known keys: width, height.');
  });

  test('an unknown key counts as being as deep as a wrong value in it', () => {
    // the first form fails at the top level, the second for a key and for a value next to it
    const message = messageOf([z.string(), named], { name: 'a', scale: 1, sale: 2, nmae: 3 });
    expect(message).toContain('Unknown keys "part.sale", "part.nmae".');
  });

  test('if no form matches at all, the error is about the value itself', () => {
    expect(messageOf([z.string(), named], 5)).toMatch(/^"part": Invalid input\./);
  });

  test('nested forms', () => {
    const inner = z.union([z.string(), z.strictObject({ depth: z.number() })]);
    expect(messageOf([z.number(), z.strictObject({ inner })], { inner: { depth: 'x' } })).toMatch(
      /^"part\.inner\.depth": .*expected number/,
    );
  });
});

test('the advice comes from the first problem that has one', () => {
  const error = errorOf({ rate: -1, wieght: 1, parts: 5 });
  expect(error.todo).toMatch(/^Did you mean/);
  expect(errorOf({ rate: -1 }).todo).toBeUndefined();
});

test('keys of records and of objects without keys get no suggestion', () => {
  expect(() => parseOptions(z.strictObject({}), { a: 1 }, 'here')).toThrow(/^Unknown key "a"\.\n {2}where: here$/);
});

test('a key in a record is reported by its path, without a suggestion', () => {
  const rates = z.strictObject({ rates: z.record(z.string(), z.strictObject({ value: z.number() })) });
  expect(() => parseOptions(rates, { rates: { stem: { value: 1, vale: 2 } } }, 'here')).toThrow(
    /^Unknown key "rates\.stem\.vale"\.\n {2}where: here$/,
  );
});
