/** `facewright bench train`: training speed of the paper's model on an engine, and the memory it takes. */
import type { Command } from 'commander';
import { ENGINES, positiveNumber, wholeNumber } from '../options.js';
import { lazily } from '../lazily.js';

export function addBench(program: Command): void {
  program
    .command('bench')
    .description('benchmarks of this machine')
    .command('train')
    .description('training speed in images per second: forward, backward and SGD on random images')
    .option('--backend <name>', ENGINES, 'auto')
    .option('--options <json>', 'its options, as in the config')
    .option('--loss <name>', 'a loss by name, or as JSON with its options', 'softmax')
    .option('--batch <images>', 'images per step', wholeNumber, 32)
    .option('--micro-batch <images>', 'process each batch in parts of this size and update once', wholeNumber)
    .option('--steps <number>', 'steps to measure (the median counts); two more run first', wholeNumber, 5)
    .option('--classes <number>', 'number of people', wholeNumber, 1000)
    .option('--model <name>', "a model by name, or as JSON with its options; default: the paper's MobileFaceNet")
    .option('--width <factor>', "width of the paper's net", positiveNumber, 1)
    .option('--size <pixels>', 'side length of its images', wholeNumber, 112)
    .option(
      '--data <dataset>',
      'a prepared dataset: measure how fast it is read too, and say which of the two is the limit',
    )
    .option('--json', 'print one JSON document on standard output, and nothing else there')
    .option('--quiet', 'no progress, only warnings and errors')
    .addHelpText(
      'after',
      `
Peak memory is for the whole process, or for the device if the engine reports it. The result says how the step was run:
compiled, with the engine's name for it, or "eager", op by op.

Examples:
  facewright bench train
  facewright bench train --backend wasm --batch 8 --steps 1
  facewright bench train --backend onnx --options '{"threads":2,"lowering":"std"}' --json
  facewright bench train --loss arcface --backend webgpu
  facewright bench train --data run/dataset --batch 128
  facewright bench train --loss '{"name":"arcface","m":0.35}'
  facewright bench train --backend xla --options '{"precision":"bfloat16"}' --batch 512 --loss arcface --classes 68000
  facewright bench train --batch 512 --micro-batch 64 --classes 10575`,
    )
    .action(lazily(() => import('../actions/bench.js')));
}
