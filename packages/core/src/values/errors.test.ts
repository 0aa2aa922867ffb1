/**
 * The text of errors, and that they are recognised by their brand, across copies of this package and never by accident.
 */
import { describe, expect, test } from 'vitest';
import { brand } from './brand.js';
import { DeviceLost, FacewrightError, Interrupted, messageOf, throwIfAborted } from './errors.js';

test('an error prints what happened, where and what to do on separate lines, and omits unknown parts', () => {
  const cause = new Error('inner');
  const error = new FacewrightError({ what: 'It is broken.', where: 'file', todo: 'Mend it.', cause });
  expect(error.message).toBe('It is broken.\n  where: file\n  to do: Mend it.');
  expect(error).toMatchObject({
    name: 'FacewrightError',
    what: 'It is broken.',
    where: 'file',
    todo: 'Mend it.',
    cause,
  });
  expect(new FacewrightError({ what: 'It is broken.' }).message).toBe('It is broken.');
  expect(new FacewrightError({ what: 'It is broken.', todo: 'Mend it.' }).message).toBe(
    'It is broken.\n  to do: Mend it.',
  );
  expect(new FacewrightError({ what: 'It is broken.', where: 'file' }).message).toBe('It is broken.\n  where: file');
});

test('an interruption and a lost device leave it to the command to say how to continue', () => {
  expect(new Interrupted('run')).toMatchObject({ name: 'Interrupted', what: 'Interrupted.', where: 'run' });
  expect(new Interrupted().todo).toBeUndefined();
  expect(new DeviceLost('The GPU', 'it was unplugged')).toMatchObject({
    name: 'DeviceLost',
    what: 'The GPU was lost: it was unplugged.',
  });
  expect(new DeviceLost('The GPU', '').what).toBe('The GPU was lost.');
  expect(new DeviceLost('The GPU', '').todo).toBeUndefined();
});

test('work continues until its signal is aborted', () => {
  expect(() => throwIfAborted(undefined)).not.toThrow();
  expect(() => throwIfAborted(new AbortController().signal)).not.toThrow();
  expect(() => throwIfAborted(AbortSignal.abort(), 'run')).toThrow(Interrupted);
  expect(() => throwIfAborted(AbortSignal.abort(), 'run')).toThrow('where: run');
});

test('anything thrown has a message', () => {
  expect([messageOf(new Error('a')), messageOf('b'), messageOf(5), messageOf(undefined)]).toEqual([
    'a',
    'b',
    '5',
    'undefined',
  ]);
});

describe('brands', () => {
  class Mine {
    static {
      brand(this, 'test/Mine');
    }
  }
  class Copy {
    static {
      brand(this, 'test/Mine');
    }
  }
  class Other {
    static {
      brand(this, 'test/Other');
    }
  }
  class Unbranded extends Mine {}

  test("two classes with the same brand accept each other's instances", () => {
    const [mine, copy]: unknown[] = [new Mine(), new Copy()];
    expect([mine instanceof Mine, mine instanceof Copy, copy instanceof Mine]).toEqual([true, true, true]);
    expect([mine instanceof Other, new Other() instanceof Mine]).toEqual([false, false]);
  });

  test('a subclass without a brand is checked as usual', () => {
    const [mine, sub]: unknown[] = [new Mine(), new Unbranded()];
    expect([sub instanceof Unbranded, sub instanceof Mine, sub instanceof Copy]).toEqual([true, true, true]);
    expect(mine instanceof Unbranded).toBe(false);
  });

  test('a value that is not an object is not an instance of anything', () => {
    for (const value of [null, undefined, 5, 'x', () => {}] as unknown[]) expect(value instanceof Mine).toBe(false);
    expect(({} as unknown) instanceof Mine).toBe(false);
  });

  test('errors are distinguished by kind', () => {
    const errors: unknown[] = [new FacewrightError({ what: 'x' }), new Interrupted(), new DeviceLost('x', '')];
    const kinds = [FacewrightError, Interrupted, DeviceLost, Error];
    expect(errors.map((error) => kinds.map((kind) => error instanceof kind))).toEqual([
      [true, false, false, true],
      [true, true, false, true],
      [true, false, true, true],
    ]);
  });
});
