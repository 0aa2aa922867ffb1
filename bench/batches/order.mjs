// One epoch read at random and in sequence with a buffer, each with a cold cache, in turn:
//   node bench/batches/order.mjs --dataset <directory> [--buffer 20000] [--rounds 3] [--batch 128] [--threads 2]
//
// Before each epoch the dataset's files are dropped from the system's cache (`dd iflag=nocache`, posix_fadvise with
// POSIX_FADV_DONTNEED). "MB from storage" says whether that worked: it should be the size of the shards. Run it on the disk or
// network storage in question.
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine, median } from '../support/figures.mjs';

const { values } = parseArgs({
  options: {
    dataset: { type: 'string' },
    buffer: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
    batch: { type: 'string', default: '128' },
    threads: { type: 'string', default: '2' },
  },
});
const ours = fileURLToPath(new URL('ours.mjs', import.meta.url));
const shards = readdirSync(values.dataset).filter((name) => name.endsWith('.tar'));
const paths = shards.map((name) => join(values.dataset, name));
const megabytes = paths.reduce((sum, path) => sum + statSync(path).size, 0) / 1e6;

function epoch(order) {
  for (const path of paths) execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']);
  const options = ['--batch', values.batch, '--threads', values.threads, '--epoch'];
  const args = [ours, values.dataset, ...options, ...(order ? ['--order', order] : [])];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
}

console.log(`${machine()}; Node ${process.version}; ${shards.length} shards, ${megabytes.toFixed(0)} MB`);
const ratios = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const load = loadavg()[0].toFixed(1);
  const [random, buffered] = [epoch(), epoch(values.buffer)];
  ratios.push(buffered.imagesPerSecond / random.imagesPerSecond);
  const text = ({ imagesPerSecond, megabytesFromStorage = '?' }) =>
    `${Math.round(imagesPerSecond)} images/s, ${megabytesFromStorage} MB from storage`;
  console.log(
    `round ${round + 1} (load ${load}): at random ${text(random)}; buffer of ${values.buffer} ${text(buffered)}; ratio ${ratios.at(-1).toFixed(2)}`,
  );
}
console.log(`median ratio: ${median(ratios).toFixed(2)}`);
