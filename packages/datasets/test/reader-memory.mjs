// Reads a set once and says how much memory that takes beyond an idle process: node --expose-gc reader-memory.mjs <reader> <options as JSON>
import { createRandom } from '@facewright/core';
import * as datasets from '@facewright/datasets';

const [name, options] = process.argv.slice(2);
const context = {
  random: createRandom(0),
  emit: () => undefined,
  signal: new AbortController().signal,
  baseDirectory: '.',
  engine: () => Promise.reject(new Error('readers do not need an engine')),
};
const used = () => {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const reader = await datasets[name](JSON.parse(options)).create(context);
const idle = used();
let [photos, most, next] = [0, 0, 0];
for await (const person of reader.identities()) {
  photos += person.photos.length;
  if (photos < next) continue;
  most = Math.max(most, used() - idle);
  next = photos + 30_000;
}
console.log(JSON.stringify({ photos, bytes: Math.max(most, used() - idle) }));
