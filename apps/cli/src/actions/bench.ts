/** Implements `facewright bench train`: training speed of the paper's model on an engine, and the memory it takes. */
import {
  createEventStream,
  createRunContainer,
  fromUser,
  pluginContext,
  type PluginReference,
  type PluginReferenceInput,
} from '@facewright/core';
import { openDataset } from '@facewright/datasets';
import { mobileFaceNet } from '@facewright/models';
import { batchParts, sgd } from '@facewright/training';
import { chooseBackend, openLibrary, tellEngine } from '@facewright/run';
import { builtins } from '../builtins.js';
import { benchData, type BenchData, type BenchDataOptions } from '../bench-data.js';
import { benchTrain } from '../bench-train.js';
import { jsonOptions, requireAtLeast } from '../config-of.js';
import { withSession } from '../session.js';
import type { SessionOptions } from '../session.js';

export interface BenchTrainOptions extends SessionOptions {
  readonly backend: string;
  readonly options?: string;
  readonly loss: string;
  readonly batch: number;
  readonly microBatch?: number;
  readonly steps: number;
  readonly classes: number;
  readonly model?: string;
  readonly width: number;
  readonly size: number;
  readonly data?: string;
}

export default (options: BenchTrainOptions) =>
  withSession(options, async ({ signal, onEvent, print }) => {
    const { batch, steps, classes } = options;
    requireAtLeast({ batch, steps, classes }, { batch: 2, steps: 1, classes: 2 });
    const events = createEventStream();
    events.subscribe(onEvent);
    const context = pluginContext(createRunContainer({ events, signal, baseDirectory: process.cwd() }), 'bench');
    const library = await openLibrary([], { builtins, baseDirectory: process.cwd(), where: '--backend' });
    const { plugin, passedOver } = await chooseBackend(
      fromUser({ ...(jsonOptions(options.options) as object), name: options.backend }),
      library,
      context,
      '--backend',
    );
    const lossPlugin = await library.load('loss', referenceOf(options.loss, '--loss'));
    const modelPlugin =
      options.model === undefined
        ? mobileFaceNet({ width: options.width, inputSize: options.size })
        : await library.load('model', referenceOf(options.model, '--model'));
    const [model, loss, optimiser] = await Promise.all([
      modelPlugin.create(context),
      lossPlugin.create(context),
      sgd({ momentum: 0.9, weightDecay: 5e-4 }).create(context),
    ]);
    const { parts } = batchParts(batch, options.microBatch);
    const engine = await (await plugin.create(context)).open();
    try {
      tellEngine(events.emit, engine, { purpose: 'measuring', passedOver });
      const result = await benchTrain({
        engine,
        model,
        loss,
        lossName: lossPlugin.meta.name,
        optimiser,
        classes,
        batch,
        parts,
        steps,
        emit: events.emit,
        signal,
      });
      print(
        `${result.backend} (${engine.device}), ${result.lowering}, ${result.loss}, batch ${batch}: ${result.imagesPerSecond.toFixed(1)} images/s, peak memory ${(result.peakMemoryBytes / 1e9).toFixed(2)} GB`,
      );
      if (options.data === undefined) return { json: result };
      const data = await measureData(options.data, { batch, size: model.inputSize, signal });
      const limit = data.imagesPerSecond < result.imagesPerSecond ? 'data' : 'step';
      print(
        `${options.data}: ${Math.round(data.imagesPerSecond)} images/s read and decoded, so the ${limit} is the limit`,
      );
      return { json: { ...result, data, limit } };
    } finally {
      await engine.dispose();
    }
  });

async function measureData(directory: string, options: BenchDataOptions): Promise<BenchData> {
  const dataset = await openDataset(directory);
  try {
    return await benchData(dataset, options);
  } finally {
    await dataset.close();
  }
}

/** A name, or JSON as in a config. */
const referenceOf = (text: string, option: string): PluginReference =>
  fromUser(text.trim().startsWith('{') ? (jsonOptions(text, option) as PluginReferenceInput) : text);
