// Reads batches as training does: node bench/batches/ours.mjs dataset --threads 2 --batch 128 --seconds 8 [--floats]
import { createRandom, permutation } from '@facewright/core';
import { openDataset } from '@facewright/datasets';
import { jpegDecoder } from '@facewright/platform/node';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '2' },
    batch: { type: 'string', default: '128' },
    seconds: { type: 'string', default: '8' },
  },
});
const [threads, batch, seconds] = [values.threads, values.batch, values.seconds].map(Number);
const READ_AHEAD = 4;

const dataset = await openDataset(positionals[0]);
const reader = dataset.openBatchReader({ size: [112, 112], threads });
const random = createRandom(1);
const perEpoch = Math.floor(dataset.length / batch);
let order;
const begin = (step) => {
  if (step % perEpoch === 0) order = permutation(dataset.length, random.fork(step));
  const first = (step % perEpoch) * batch;
  return reader.read(
    order.slice(first, first + batch),
    Array.from({ length: batch }, () => random.uniform() < 0.5),
  );
};

const ahead = Array.from({ length: READ_AHEAD }, (_, step) => begin(step));
let step = READ_AHEAD;
const next = async () => {
  ahead.push(begin(step++));
  return (await ahead.shift()).length / (112 * 112 * 3);
};
await next(); // excludes starting the threads and the first batch
const start = performance.now();
const cpu = process.cpuUsage();
let images = 0;
while (performance.now() - start < seconds * 1000) images += await next();
const elapsed = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpu);
await Promise.all(ahead);
await reader.close();
await dataset.close();
console.log(
  JSON.stringify({
    imagesPerSecond: images / elapsed,
    cpuMillisecondsPerImage: (user + system) / 1000 / images,
    decoder: (await jpegDecoder()).name,
  }),
);
