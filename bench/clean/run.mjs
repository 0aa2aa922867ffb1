// How looking for problems grows with the number of photos, embedding left out: node bench/clean/run.mjs [--photos 100000,1000000] [--per-person 10]
// The embeddings are drawn: photos of a person lie around a direction of their own, and one person in 50 has two folders. Prints processor time, wall
// time, the peak of memory, and how many of the planted people in two folders were found. --per-person 1 compares every photo with every other.
import { openOnnxEngine } from '@facewright/backend-onnx';
import { createRandom } from '@facewright/core';
import { findProblems } from '@facewright/quality';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from '../support/figures.mjs';

const { values } = parseArgs({
  options: {
    photos: { type: 'string', default: '100000,1000000' },
    'per-person': { type: 'string', default: '10' },
    threads: { type: 'string', default: String(availableParallelism()) },
    one: { type: 'boolean', default: false },
  },
});
const SIZE = 128;
/** Of a person's photos around their direction: two of them have a cosine of 0.58 on average, two strangers' of 0. */
const SPREAD = 0.85;
const DOUBLED = 50;

if (values.one) await measure(Number(values.photos), Number(values['per-person']));
else {
  console.log(machine());
  for (const photos of values.photos.split(',')) {
    const given = ['--one', '--photos', photos, '--per-person', values['per-person'], '--threads', values.threads];
    const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...given], { stdio: 'inherit' });
    if (status !== 0) throw new Error(`The measurement of ${photos} photos ended with ${status}.`);
  }
}

async function measure(count, perPerson) {
  const photos = drawn(count, perPerson);
  const people = count / perPerson;
  const engine = await openOnnxEngine({ provider: 'cpu', lowering: 'auto', threads: Number(values.threads) });
  const load = loadavg()[0].toFixed(1);
  const [started, spent] = [performance.now(), cpuSeconds()];
  let told = started;
  const progress = (done, total, what) => {
    if (performance.now() - told < 60_000) return;
    told = performance.now();
    console.error(
      `  ${((100 * done) / total).toFixed(0)} % of the ${what} compared, ${(cpuSeconds() - spent).toFixed(0)} s of processor time`,
    );
  };
  const { samePeople, wrong, duplicates } = await findProblems(photos, { engine, random: createRandom(2), progress });
  const [seconds, cpu] = [(performance.now() - started) / 1000, cpuSeconds() - spent];
  await engine.dispose();
  const planted = Math.floor(people / DOUBLED);
  const found = new Set(samePeople.map(({ a, b }) => `${a} ${b}`));
  const hits = Array.from({ length: planted }, (_, index) => `${index * DOUBLED} ${index * DOUBLED + 1}`).filter(
    (pair) => found.has(pair),
  );
  const gigabytes = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1e6;
  console.log(
    `${count.toLocaleString('en')} photos of ${people.toLocaleString('en')} people: ${cpu.toFixed(0)} s of processor time, ${seconds.toFixed(0)} s by the clock at a load of ${load}, at most ${gigabytes.toFixed(1)} GB; ${hits.length} of ${planted} people in two folders found, ${samePeople.length - hits.length} others; ${wrong.length} photos called wrong, ${duplicates.length} duplicates`,
  );
}

/** The hashes share a band as often as those of aligned faces: four pairs in a thousand. */
function drawn(count, perPerson) {
  const random = createRandom(1);
  const direction = new Float32Array(SIZE);
  const hash = () => {
    const words = new Uint16Array(16);
    for (let word = 0; word < 16; word++)
      for (let bit = 0; bit < 16; bit++) if (random.uniform() < 0.72) words[word] |= 1 << bit;
    return words;
  };
  return Array.from({ length: count }, (_, index) => {
    const person = Math.floor(index / perPerson);
    if (index % perPerson === 0 && person % DOUBLED !== 1)
      for (let k = 0; k < SIZE; k++) direction[k] = random.normal();
    const embedding = direction.map((value) => value + SPREAD * random.normal());
    const length = Math.hypot(...embedding);
    for (let k = 0; k < SIZE; k++) embedding[k] /= length;
    return { person: String(person), embedding, sha256: String(index), hash: hash(), mirrored: hash(), sharpness: 100 };
  });
}

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
