/** Benchmarks of the parts around training: readers, criteria, loggers and clusters. */
import type { ConfiguredPlugin, CriterionStep, Logger, RunEvent } from '@facewright/core';
import { create, type ContextOptions } from '../support/context.js';
import { eventsOfARun } from '../support/events.js';
import { measure, type BenchmarkOptions, type Figures } from './measure.js';

const STEPS = 1000;
/** The gradients of a small network. */
const NUMBERS = 1_000_000;

export interface PartBenchmarkOptions extends BenchmarkOptions, ContextOptions {}

/** Times listing everyone and opening every photo: `benchmarkReader([mine({ path }), folder({ path })])`. */
export async function benchmarkReader(
  plugins: readonly ConfiguredPlugin<'reader'>[],
  options: PartBenchmarkOptions = {},
): Promise<Figures[]> {
  const candidates = plugins.map(async (plugin) => {
    const reader = await create(plugin, options);
    const run = async (): Promise<void> => {
      for await (const { photos } of reader.identities()) for (const photo of photos) await photo.bytes();
    };
    return { name: plugin.meta.name, run };
  });
  return measure(await Promise.all(candidates), options);
}

/** Times a stage of 1,000 steps: `benchmarkCriterion([mine(), plateauCriterion()])`. */
export async function benchmarkCriterion(
  plugins: readonly ConfiguredPlugin<'criterion'>[],
  options: PartBenchmarkOptions = {},
): Promise<Figures[]> {
  const steps = Array.from({ length: STEPS }, (_, index): CriterionStep => {
    const left = Math.exp(-index / 200);
    const accuracy = 0.9 * (1 - left);
    const validation = index % 10 ? {} : { validation: { loss: 1 + left, accuracy } };
    return { steps: index + 1, stepsPerEpoch: 100, loss: 1 + 4 * left, accuracy, warmingUp: false, ...validation };
  });
  const candidates = plugins.map(async (plugin) => {
    const criterion = await create(plugin, options);
    const run = (): void => {
      let memory = criterion.begin();
      for (const step of steps) {
        memory = criterion.observe(memory, step);
        criterion.verdict(memory);
      }
    };
    return { name: plugin.meta.name, run };
  });
  return measure(await Promise.all(candidates), options);
}

/** Times the events of 1,000 steps, from `open` to `close`: `benchmarkLogger([mine(), tensorBoard()])`. It runs in Node. */
export async function benchmarkLogger(
  plugins: readonly ConfiguredPlugin<'logger'>[],
  options: PartBenchmarkOptions = {},
): Promise<Figures[]> {
  const [{ mkdtemp, rm }, { tmpdir }, { join }] = await Promise.all([
    import('node:fs/promises'),
    import('node:os'),
    import('node:path'),
  ]);
  const root = await mkdtemp(join(tmpdir(), 'facewright-logger-'));
  const step = eventsOfARun().find(({ type }) => type === 'train.step') as RunEvent<'train.step'>;
  const events = Array.from({ length: STEPS }, (_, index): RunEvent => ({ ...step, step: index + 1 }));
  try {
    const candidates = plugins.map(async (plugin) => {
      const logger = await create(plugin, options);
      return { name: plugin.meta.name, run: async () => logged(logger, await mkdtemp(join(root, 'run-')), events) };
    });
    return await measure(await Promise.all(candidates), options);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function logged(logger: Logger, directory: string, events: readonly RunEvent[]): Promise<void> {
  const { reader, close } = logger.open(directory);
  for (const event of events) reader(event);
  await close();
}

/**
 * Times sums of a million numbers: `benchmarkCluster([mine(), single()])`. All ranks have to run it; a turn is one call,
 * so that they make the same calls.
 */
export async function benchmarkCluster(
  plugins: readonly ConfiguredPlugin<'cluster'>[],
  options: PartBenchmarkOptions = {},
): Promise<Figures[]> {
  const values = new Float32Array(NUMBERS);
  const candidates = plugins.map(async (plugin) => {
    const cluster = await (await create(plugin, options)).open();
    return { name: plugin.meta.name, run: () => cluster.allReduce(values), dispose: () => cluster.close() };
  });
  return measure(await Promise.all(candidates), { ...options, turn: 0 });
}
