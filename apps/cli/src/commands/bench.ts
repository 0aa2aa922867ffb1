/** `facewright bench train`: how fast an engine trains the paper's model, and the memory that takes. */
import type { Command } from 'commander';
import { createEventStream, createRunContainer, fromUser, pluginContext } from '@facewright/core';
import { softmax } from '@facewright/losses';
import { mobileFaceNet } from '@facewright/models';
import { batchParts, sgd } from '@facewright/training';
import { chooseBackend, pluginSource } from '@facewright/run';
import { builtins } from '../builtins.js';
import { benchTrain } from '../bench-train.js';
import { ENGINES, jsonOptions, positiveNumber, requireAtLeast, wholeNumber } from '../options.js';
import { withSession, type SessionOptions } from '../session.js';

interface BenchTrainOptions extends SessionOptions {
  readonly backend: string;
  readonly options?: string;
  readonly batch: number;
  readonly microBatch?: number;
  readonly steps: number;
  readonly classes: number;
  readonly width: number;
  readonly size: number;
}

export function addBench(program: Command): void {
  program
    .command('bench')
    .description('measurements of this machine')
    .command('train')
    .description('images a second of training MobileFaceNet: forward, backward and SGD on random images')
    .option('--backend <name>', ENGINES, 'auto')
    .option('--options <json>', 'its options, as in the config')
    .option('--batch <images>', 'images in a step', wholeNumber, 32)
    .option('--micro-batch <images>', 'go over a batch in parts of this many and update once', wholeNumber)
    .option('--steps <number>', 'steps that count, their median; two more go first', wholeNumber, 5)
    .option('--classes <number>', 'people to tell apart', wholeNumber, 1000)
    .option('--width <factor>', "of the net; 1: the paper's", positiveNumber, 1)
    .option('--size <pixels>', 'of its images, on a side', wholeNumber, 112)
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .option('--quiet', 'no progress, only warnings and errors')
    .addHelpText(
      'after',
      `
Peak memory is that of the whole process, without a GPU's own.

Examples:
  facewright bench train
  facewright bench train --backend wasm --batch 8 --steps 1
  facewright bench train --backend onnx --options '{"threads":2,"lowering":"std"}' --json
  facewright bench train --batch 512 --micro-batch 64 --classes 10575`,
    )
    .action((options: BenchTrainOptions) =>
      withSession(options, async ({ signal, onEvent, print }) => {
        const { batch, steps, classes } = options;
        requireAtLeast({ batch, steps, classes }, { batch: 2, steps: 1, classes: 2 });
        const events = createEventStream();
        events.subscribe(onEvent);
        const context = pluginContext(createRunContainer({ events, signal, baseDirectory: process.cwd() }), 'bench');
        const source = await pluginSource([], { builtins, baseDirectory: process.cwd(), where: '--backend' });
        const { plugin } = await chooseBackend(
          fromUser({ ...(jsonOptions(options.options) as object), name: options.backend }),
          source,
          context,
        );
        const [model, loss, optimiser] = await Promise.all([
          mobileFaceNet({ width: options.width, inputSize: options.size }).create(context),
          softmax().create(context),
          sgd({ momentum: 0.9, weightDecay: 5e-4 }).create(context),
        ]);
        const { parts } = batchParts(batch, options.microBatch);
        const engine = await (await plugin.create(context)).open();
        try {
          events.emit('engine.opened', { name: engine.name, device: engine.device, purpose: 'measuring' });
          const result = await benchTrain({
            engine,
            model,
            loss,
            optimiser,
            classes,
            batch,
            parts,
            steps,
            emit: events.emit,
            signal,
          });
          print(
            `${result.backend} (${engine.device}), ${result.lowering}, batch ${batch}: ${result.imagesPerSecond.toFixed(1)} images/s, peak memory ${(result.peakMemoryBytes / 1e9).toFixed(2)} GB`,
          );
          return { json: result };
        } finally {
          await engine.dispose();
        }
      }),
    );
}
