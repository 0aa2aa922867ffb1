// A preparation in one piece, in two parts after each other, and in two parts at the same time, in turn; and the merge:
//   node bench/parts/run.mjs [--rounds 3] [--people 60] [--photos 40] [--data <folder or list>]
//
// Without --data, it draws people, whose landmarks are known, so nothing is detected: the parts' own cost weighs most
// then. Every process has one thread, so two processes use two cores. Every dataset is compared byte for byte. Needs a
// built workspace.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateSample } from '@facewright/datasets';
import { machine, median } from '../support/figures.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    people: { type: 'string', default: '60' },
    photos: { type: 'string', default: '40' },
    data: { type: 'string' },
  },
});
const CLI = fileURLToPath(new URL('../../apps/cli/bin/facewright.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'facewright-parts-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

const CONFIG = { workers: 1 };
writeFileSync(join(root, 'facewright.config.json'), JSON.stringify(CONFIG));
const data = values.data ? resolve(values.data) : await drawn();

async function drawn() {
  const people = Number(values.people);
  const sample = await generateSample({
    directory: join(root, 'photos'),
    people,
    photos: Number(values.photos),
    seed: 1,
  });
  return sample.list;
}

/** Runs the tool; returns what it prints as JSON, and the seconds it took, its start included. */
function tool(args) {
  const started = performance.now();
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [CLI, ...args, '--json', '--quiet'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (piece) => (text += piece));
    child.on('close', (code) =>
      code === 0
        ? done({ json: JSON.parse(text), seconds: (performance.now() - started) / 1000 })
        : failed(new Error(`exit code ${code}: ${args.join(' ')}`)),
    );
  });
}
const prepare = (out, ...more) =>
  tool(['prepare', '--data', data, '--out', out, '--min-photos', '2', '--force', ...more]);
const part = (parts, number) => prepare(parts, '--part', `${number}/2`);
const merge = (parts, out) => tool(['dataset', 'merge', parts, '--out', out, '--force']);

/** A hash of all files; the duration in dataset.json does not count. */
function digest(directory) {
  const hash = createHash('sha256');
  for (const name of readdirSync(join(root, directory)).sort()) {
    const bytes = readFileSync(join(root, directory, name));
    hash.update(name).update(name === 'dataset.json' ? bytes.toString().replace(/"seconds": [\d.e-]+/, '') : bytes);
  }
  return hash.digest('hex');
}
const bytesOf = (directory) =>
  readdirSync(join(root, directory)).reduce((sum, name) => sum + readFileSync(join(root, directory, name)).length, 0);

const timed = async (work) => {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
};

console.log(
  `${machine()}; Node ${process.version}; ${values.data ?? `${values.people} people × ${values.photos} photos`}`,
);
const rounds = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const load = loadavg()[0].toFixed(1);
  const whole = await prepare('whole');
  const afterEachOther = await timed(async () => {
    for (const number of [1, 2]) await part('sequence', number);
  });
  const atOnce = await timed(() => Promise.all([1, 2].map((number) => part('parts', number))));
  const merged = await merge('parts', 'merged');
  const same = ['whole', 'merged'].map(digest);
  if (same[0] !== same[1] || !existsSync(join(root, 'sequence'))) throw new Error('the merged dataset differs');
  const { images } = merged.json;
  rounds.push({
    sequence: afterEachOther / whole.seconds,
    speedup: whole.seconds / atOnce,
    withMerge: whole.seconds / (atOnce + merged.seconds),
    merge: merged.seconds / whole.seconds,
  });
  const megabytes = bytesOf('merged') / 1e6;
  console.log(
    `round ${round + 1} (load ${load}): whole ${whole.seconds.toFixed(1)} s; two parts after each other ${afterEachOther.toFixed(1)} s; ` +
      `at once ${atOnce.toFixed(1)} s; merge ${merged.seconds.toFixed(1)} s for ${images} images, ${megabytes.toFixed(0)} MB ` +
      `(${Math.round(images / merged.seconds)} images/s, ${Math.round(megabytes / merged.seconds)} MB/s, the tool's start included)`,
  );
}
const of = (name) => median(rounds.map((each) => each[name])).toFixed(2);
console.log(`same bytes in every round; medians of the ratios to the whole:
two parts after each other take ${of('sequence')} of its time; two at once are ${of('speedup')} times as fast, ${of('withMerge')} with the merge, which takes ${of('merge')} of its time`);
