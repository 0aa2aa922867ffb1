/** Implements `facewright plan`: what a config's training will need, before it runs. */
import { canReturnMemory, defaultLimit } from '@facewright/backend-onnx';
import {
  createEventStream,
  parseRunConfig,
  plainReference,
  type Engine,
  type RunConfig,
  type RunConfigInput,
} from '@facewright/core';
import { openDataset } from '@facewright/datasets';
import { batchParts, criteriaOf } from '@facewright/training';
import { backendFor, compose, type Composition, presetOf, recogniseData } from '@facewright/run';
import { builtins } from '../builtins.js';
import { configOf, requireAtLeast } from '../config-of.js';
import { planOnDevice, planTraining } from '../plan-training.js';
import { deviceText, planText } from '../plan-text.js';
import { planTime, totalText, type StageTime } from '../plan-time.js';
import { withSession } from '../session.js';
import type { PresetName } from '@facewright/run';
import type { BatchOptions, CommonOptions } from '../options.js';

export interface PlanOptions extends CommonOptions, BatchOptions {
  readonly preset: PresetName;
  readonly data?: string;
  readonly classes?: number;
  readonly memory?: number;
  readonly sampleRate?: number;
  readonly time?: boolean;
}

const ASSUMED_CLASSES = 1000;

export default (options: PlanOptions) =>
  withSession(options, async ({ signal, onEvent, print }) => {
    const processBytes = process.memoryUsage.rss();
    const events = createEventStream();
    events.subscribe(onEvent);
    const { given, baseDirectory, where } = await configOf(options);
    const scope = { builtins, events, signal, baseDirectory, where, plugins: [] };
    const backend = await backendFor(parseRunConfig(given, where), scope);
    // planning reads no photos; only the number of people in the data matters
    const { data, ...rest } = { ...(await presetOf(backend.plugin, options.preset)).config, ...given };
    const config = withSampleRate(parseRunConfig(rest, where), options, where);
    const dataset = await sizeOf(data, baseDirectory);
    const classes = options.classes ?? dataset?.people ?? ASSUMED_CLASSES;
    if (options.data !== undefined && options.classes === undefined && !dataset)
      events.emit('notice', {
        level: 'warning',
        message: `The data is not a prepared dataset, so ${classes.toLocaleString('en')} people are assumed.`,
        todo: 'Give a dataset made by "facewright prepare", or the number of people with --classes.',
      });
    requireAtLeast({ classes }, { classes: 2 });
    const { parts: pieces } = batchParts(config.batch, config.microBatch);
    const composition = await compose(config, backend, scope);
    try {
      const engine = await composition.engine();
      const about = {
        engine: engine.name,
        model: composition.model.name,
        classes,
        batch: config.batch,
        microBatch: config.microBatch ?? null,
        processBytes,
      };
      const parts = { ...(await partsOf(composition)), classes, batch: config.batch, microBatch: config.microBatch };
      const { emit } = events;
      const times = options.time
        ? await planTime({ ...parts, engine, parts: pieces, images: dataset?.images, emit, signal })
        : undefined;
      const withTimes = <Stage>(stages: readonly Stage[]) =>
        stages.map((stage, index) => (times ? { ...stage, time: times[index] } : stage));
      const { memoryOf, bytes } = engine;
      if (memoryOf) {
        const stages = withTimes(await planOnDevice({ memoryOf, bytes }, parts));
        const plan = { ...about, device: engine.device, stages };
        print(deviceText(plan));
        tellTotal(times, print);
        return { json: plan };
      }
      const given = options.memory ?? (backend.plugin.options as { memory?: number }).memory;
      const limitBytes = given === undefined ? defaultLimit() : given * 1e9;
      const stages = withTimes(
        planTraining({
          ...parts,
          block: blockOf(engine),
          limitBytes,
          processBytes,
          images: dataset?.images,
          returns: given !== undefined && (await canReturnMemory()),
        }),
      );
      const plan = { ...about, lowering: loweringOf(engine), limitBytes, stages };
      print(planText(plan));
      tellTotal(times, print);
      return { json: plan };
    } finally {
      await composition.dispose();
    }
  });

/** Every stage's loss with the head trained on a sample of its classes, as `--sample-rate` says. */
function withSampleRate(config: RunConfig, { sampleRate }: PlanOptions, where: string): RunConfig {
  if (sampleRate === undefined) return config;
  const stages = config.stages.map((stage) => {
    const { name, options } = plainReference(stage.loss);
    return { ...stage, loss: { ...options, name, sampleRate } };
  });
  return parseRunConfig({ ...config, stages }, where);
}

/** People and images of a prepared dataset; undefined for other data, where neither is known before preparation. */
async function sizeOf(
  data: RunConfigInput['data'],
  baseDirectory: string,
): Promise<{ people: number; images: number } | undefined> {
  const { prepared } = await recogniseData(data, baseDirectory);
  if (prepared === undefined) return undefined;
  const dataset = await openDataset(prepared);
  await dataset.close();
  return { people: dataset.identities.length, images: dataset.length };
}

function tellTotal(times: readonly StageTime[] | undefined, print: (text: string) => void): void {
  const total = times && totalText(times);
  if (total) print(total);
}

async function partsOf({ model, stages }: Composition) {
  return {
    model: await model.make(),
    stages: await Promise.all(
      stages.map(async ({ loss, optimiser, criteria, config }) => ({
        name: loss.name,
        loss: await loss.make(),
        optimiserName: optimiser.name,
        optimiser: await optimiser.make(),
        warmUp: config.warmUp,
        criteria: criteriaOf(
          config.until,
          await Promise.all(criteria.map(async (part) => ({ name: part.name, criterion: await part.make() }))),
        ),
        clipNorm: config.clipNorm,
      })),
    ),
  };
}

const blockOf = (engine: Engine): number => ('block' in engine ? Number(engine.block) : 0);
const loweringOf = (engine: Engine): string => ('lowering' in engine ? String(engine.lowering) : 'eager');
