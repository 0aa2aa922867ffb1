/** The conformance suite for readers: a stable order, unique ids, photos that can be opened. */
import { FacewrightError, landmarkPoints, type Identity, type Reader } from '@facewright/core';
import { expect } from 'vitest';
import { create, type ContextOptions } from './support/context.js';
import { defineSuite, setUp, type Subject, type SuiteOptions } from './support/suite.js';

export interface ReaderSuiteOptions extends SuiteOptions, ContextOptions {
  /** Photos the reader must find, by identity. */
  readonly expected?: Readonly<Record<string, number>>;
  /** How many photos the test of their bytes opens; default 50. */
  readonly opened?: number;
}

/** Registers the suite: `testReader(() => folder({ path: directory }), { expected: { Anna: 3, Ben: 2 } })`. */
export function testReader(subject: Subject<'reader'>, options: ReaderSuiteOptions = {}): void {
  const { expected, opened = 50 } = options;
  defineSuite('reader', subject, options, (check) => {
    let reader: Reader;
    let identities: Identity[];
    setUp(async () => {
      reader = await create(subject, options);
      identities = await all(reader);
    });
    const outline = (list: readonly Identity[]): unknown =>
      list.map(({ name, photos }) => [name, photos.map(({ id }) => id)]);

    check('it finds identities and photos', () => {
      expect(identities.length).toBeGreaterThan(0);
      if (expected)
        expect(Object.fromEntries(identities.map(({ name, photos }) => [name, photos.length]))).toEqual(expected);
    });

    check('the order is the same each time, and for another instance', async () => {
      expect(outline(await all(reader))).toEqual(outline(identities));
      expect(outline(await all(await create(subject, options)))).toEqual(outline(identities));
    });

    check('no name and no id comes twice, and photos know their identity', () => {
      const names = identities.map(({ name }) => name);
      const ids = identities.flatMap(({ photos }) => photos.map(({ id }) => id));
      expect(new Set(names).size).toBe(names.length);
      expect(new Set(ids).size).toBe(ids.length);
      for (const { name, photos } of identities) for (const photo of photos) expect(photo.identity).toBe(name);
    });

    check('ids are relative paths with /', () => {
      for (const { id } of identities.flatMap(({ photos }) => photos))
        expect(id).toMatch(/^(?![/\\])(?!.*\\)(?![A-Za-z]:)(?!(.*\/)?\.\.\/).+$/);
    });

    check('photos give their bytes, the same each time, or a clear error', async () => {
      let readable = 0;
      for (const photo of identities.flatMap(({ photos }) => photos).slice(0, opened)) {
        try {
          const bytes = await photo.bytes();
          expect(bytes).toBeInstanceOf(Uint8Array);
          expect(Buffer.compare(bytes, await photo.bytes())).toBe(0);
          if (bytes.length) readable++;
        } catch (error) {
          expect(error, photo.id).toBeInstanceOf(FacewrightError);
        }
      }
      expect(readable).toBeGreaterThan(0);
    });

    check('stopping early and reading again works', async () => {
      for await (const identity of reader.identities()) {
        expect(identity.name).toBe(identities[0].name);
        break;
      }
      expect(outline(await all(reader))).toEqual(outline(identities));
    });

    check('given landmarks are five finite points', () => {
      for (const { landmarks } of identities.flatMap(({ photos }) => photos)) {
        if (landmarks) expect(landmarkPoints(landmarks).flat().filter(Number.isFinite)).toHaveLength(10);
      }
    });
  });
}

async function all(reader: Reader): Promise<Identity[]> {
  const list: Identity[] = [];
  for await (const identity of reader.identities()) list.push(identity);
  return list;
}
