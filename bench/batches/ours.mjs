// Reads batches as training does: node bench/batches/ours.mjs dataset --threads 2 --batch 128 --seconds 8 [--order 100000] [--epoch]
//
// `--order` reads shards in sequence with a buffer of that many images; `--epoch` reads every image once instead of for a time,
// and includes the start, when the buffer is filled.
import { createRandom, releaseArray } from '@facewright/core';
import { openDataset } from '@facewright/datasets';
import { jpegDecoder } from '@facewright/platform/node';
import { batchOrder } from '@facewright/training';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '2' },
    batch: { type: 'string', default: '128' },
    seconds: { type: 'string', default: '8' },
    order: { type: 'string' },
    epoch: { type: 'boolean', default: false },
  },
});
const [threads, batch, seconds] = [values.threads, values.batch, values.seconds].map(Number);
const READ_AHEAD = 4;

/** Bytes that came from the storage, not from the system's cache; only Linux says. */
const fromStorage = () => {
  try {
    return Number(/read_bytes: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))[1]);
  } catch {
    return undefined;
  }
};

const dataset = await openDataset(positionals[0]);
const reader = dataset.openBatchReader({ size: [112, 112], threads });
const all = Uint32Array.from({ length: dataset.length }, (_, index) => index);
const order = batchOrder({
  samples: { length: all.length, samples: all, labels: dataset.labels },
  size: batch,
  flip: true,
  random: createRandom(1),
  order: values.order ? { buffer: Number(values.order) } : 'random',
  fileOf: dataset.fileOf,
});
const begin = async (step) => {
  const drawn = order.at(step);
  if (order.reads) await reader.prefetch(order.reads(step, step === 0));
  return reader.read(
    drawn.map(({ sample }) => sample),
    drawn.map(({ mirrored }) => mirrored),
  );
};

const before = fromStorage();
const whole = performance.now();
const ahead = Array.from({ length: READ_AHEAD }, (_, step) => begin(step));
let step = READ_AHEAD;
const next = async (last = Infinity) => {
  if (step < last) ahead.push(begin(step++));
  const pixels = await ahead.shift();
  const count = pixels.length / (112 * 112 * 3);
  releaseArray(pixels); // as a training does when its step has ended
  return count;
};
let images = 0;
let start = whole;
let cpu = process.cpuUsage();
if (values.epoch) {
  for (let done = 0; done < order.perEpoch; done++) images += await next(order.perEpoch);
} else {
  await next(); // excludes starting the threads and the first batch
  start = performance.now();
  cpu = process.cpuUsage();
  while (performance.now() - start < seconds * 1000) images += await next();
}
const elapsed = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpu);
await Promise.all(ahead);
const read = fromStorage();
await reader.close();
await dataset.close();
console.log(
  JSON.stringify({
    imagesPerSecond: images / elapsed,
    cpuMillisecondsPerImage: (user + system) / 1000 / images,
    decoder: (await jpegDecoder()).name,
    ...(before !== undefined && { megabytesFromStorage: Math.round((read - before) / 1e6) }),
  }),
);
