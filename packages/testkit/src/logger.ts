/**
 * The conformance suite for loggers: every event is accepted, nothing is written outside the run directory or after
 * `close`, and existing files are kept.
 */
import type { Logger, RunEvent } from '@facewright/core';
import { expect } from 'vitest';
import { create, type ContextOptions } from './support/context.js';
import { eventsOfARun } from './support/events.js';
import { defineSuite, setUp, tearDown, type Subject, type SuiteOptions } from './support/suite.js';

export interface LoggerSuiteOptions extends SuiteOptions, ContextOptions {
  /**
   * For loggers that do not write files, e.g. to a server: what they have written so far. Default: the files in the run
   * directory.
   */
  readonly written?: (directory: string) => Promise<Readonly<Record<string, Uint8Array>>>;
}

/** Registers the suite: `testLogger(tensorBoard())`. It runs in Node. */
export function testLogger(subject: Subject<'logger'>, options: LoggerSuiteOptions = {}): void {
  defineSuite('logger', subject, options, (check) => {
    let logger: Logger;
    let root: string;
    let runs = 0;
    const { written = filesBelow } = options;
    setUp(async () => {
      const [{ mkdtemp }, { tmpdir }, { join }] = await Promise.all([
        import('node:fs/promises'),
        import('node:os'),
        import('node:path'),
      ]);
      root = await mkdtemp(join(tmpdir(), 'facewright-logger-'));
      logger = await create(subject, options);
    });
    tearDown(async () => (await import('node:fs/promises')).rm(root, { recursive: true, force: true }));
    const newRun = async (): Promise<string> => {
      const path = `${root}/run ${runs++}`;
      await (await import('node:fs/promises')).mkdir(path);
      return path;
    };
    const logged = async (directory: string, events: readonly RunEvent[] = eventsOfARun()): Promise<void> => {
      const { reader, close } = logger.open(directory);
      for (const event of events) reader(event);
      await close();
    };

    check('every event of a run is taken, and left as it was', async () => {
      const directory = await newRun();
      await expect(logged(directory)).resolves.toBeUndefined();
      expect(Object.keys(await written(directory)).length).toBeGreaterThan(0);
    });

    check('events of a later version are passed over', async () => {
      const unknown = { type: 'future.event', at: 1, value: { deep: [1] } } as unknown as RunEvent;
      await expect(logged(await newRun(), [unknown, ...eventsOfARun(), unknown])).resolves.toBeUndefined();
    });

    check('a run without events closes', async () => {
      await expect(logged(await newRun(), [])).resolves.toBeUndefined();
    });

    check('events after close are ignored', async () => {
      const directory = await newRun();
      const { reader, close } = logger.open(directory);
      for (const event of eventsOfARun()) reader(event);
      await close();
      const before = await written(directory);
      for (const event of eventsOfARun()) reader(event);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await written(directory)).toEqual(before);
    });

    check('what an interrupted run left is kept', async () => {
      const directory = await newRun();
      await logged(directory, eventsOfARun().slice(0, 10));
      const before = await written(directory);
      await new Promise((resolve) => setTimeout(resolve, 5)); // files are named by time
      await logged(directory);
      const after = await written(directory);
      for (const [name, bytes] of Object.entries(before))
        expect([name, Array.from(after[name]?.subarray(0, bytes.length) ?? [])]).toEqual([name, Array.from(bytes)]);
    });

    check('two runs at a time do not meet, and nothing lies outside of their directories', async () => {
      const [one, other, alone] = [await newRun(), await newRun(), await newRun()];
      const [first, second] = [logger.open(one), logger.open(other)];
      for (const event of eventsOfARun()) first.reader(event);
      await second.close();
      await first.close();
      await logged(alone, []);
      const size = async (directory: string): Promise<number> =>
        Object.values(await written(directory)).reduce((sum, { length }) => sum + length, 0);
      expect(await size(other)).toBe(await size(alone));
      expect(await size(one)).toBeGreaterThan(await size(alone));
      const outside = Object.keys(await filesBelow(root)).filter((name) => !name.startsWith('run '));
      expect(outside).toEqual([]);
    });
  });
}

/** Every file below a directory, by relative path. */
async function filesBelow(directory: string): Promise<Record<string, Uint8Array>> {
  const [{ readdir, readFile }, { join, relative }] = await Promise.all([
    import('node:fs/promises'),
    import('node:path'),
  ]);
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(
      files.sort().map(async (file) => [relative(directory, file), new Uint8Array(await readFile(file))] as const),
    ),
  );
}
