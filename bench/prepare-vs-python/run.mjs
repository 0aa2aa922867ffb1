// Preparation compared with Python, in turn on the same photos:
//   node bench/prepare-vs-python/run.mjs [--rounds 3] [--photos 80] [--only detect,tier,seed] [--venv directory]
//
// The first run creates the venv (tensorflow takes a few hundred MB). Needs ../shared/data and a built workspace.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { median } from '../support/figures.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const data = resolve(here, '../../../shared/data');
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    photos: { type: 'string', default: '80' },
    only: { type: 'string', default: 'detect,tier,seed' },
    venv: { type: 'string', default: join(here, 'out/venv') },
  },
});
const [rounds, count, only] = [Number(values.rounds), Number(values.photos), values.only.split(',')];
const python = join(resolve(values.venv), 'bin/python');
const old = join(resolve(values.venv), 'mtcnn-0.1.1');

if (!existsSync(python)) {
  execFileSync('python3', ['-m', 'venv', resolve(values.venv)], { stdio: 'inherit' });
  execFileSync(python, ['-m', 'pip', 'install', '-q', '-r', join(here, 'requirements.txt')], { stdio: 'inherit' });
}
if (only.includes('seed') && !existsSync(old))
  execFileSync(python, ['-m', 'pip', 'install', '-q', '--no-deps', '--target', old, 'mtcnn==0.1.1'], {
    stdio: 'inherit',
  });

const list = (name, photos) => {
  const path = join(directory, `${name}.json`);
  writeFileSync(path, JSON.stringify(photos));
  return path;
};
const directory = mkdtempSync(join(tmpdir(), 'facewright-bench-'));
const people = readdirSync(join(data, 'people'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => join(data, 'people', name));
// only JPEG and PNG, from every person in turn, because the Python packages read little else
const byPerson = people.map((path) =>
  readdirSync(path)
    .filter((name) => /\.(jpe?g|png)$/i.test(name))
    .sort()
    .map((name) => join(path, name)),
);
const turns = Array.from({ length: Math.max(...byPerson.map((photos) => photos.length)) }, (_, turn) =>
  byPerson.flatMap((photos) => photos[turn] ?? []),
).flat();
const detectList = list('detect', turns.slice(0, count));
const seedList = list('seed', byPerson[0].slice(0, 24));
const golden = JSON.parse(readFileSync(join(data, 'photos/mtcnn-0.1.0-golden.json'), 'utf8')).find(
  ({ faces }) => faces.length === 1,
);
const { left_eye, right_eye, nose, mouth_left, mouth_right } = golden.faces[0].keypoints;
const tierList = list('tier', [
  { path: join(data, 'photos', golden.path), points: [left_eye, right_eye, nose, mouth_left, mouth_right] },
]);

const weights = join(data, 'mtcnn');
const ours = (mode, photos) => [process.execPath, [join(here, 'ours.mjs'), mode, photos, weights]];
const theirs = (mode, photos, ...rest) => [python, [join(here, 'contenders.py'), mode, photos, ...rest]];
const CONTENDERS = {
  detect: {
    facewright: ours('detect', detectList),
    'mtcnn 1.0.0': theirs('mtcnn-1', detectList),
    'OpenCV-Caffe, 2 processes': theirs('opencv', detectList, join(data, 'mtcnn/caffe')),
  },
  tier: { facewright: ours('tier', tierList), 'OpenCV and numpy': theirs('tier', tierList) },
  seed: { facewright: ours('seed', seedList), 'the original script': theirs('seed', seedList, old) },
};
const TARGETS = {
  'mtcnn 1.0.0': 10,
  'OpenCV-Caffe, 2 processes': 2.2,
  'OpenCV and numpy': 3,
  'the original script': 10,
};

const run = promisify(execFile);
console.log(`${cpus()[0].model}, ${availableParallelism()} threads; Node ${process.version}; ${rounds} rounds in turn`);
for (const part of only) {
  const [rates, costs] = [{}, {}];
  for (let round = 0; round < rounds; round++) {
    for (const [name, [file, args]] of Object.entries(CONTENDERS[part])) {
      const { stdout } = await run(file, args, { maxBuffer: 2 ** 26 });
      const { seconds, cpu, count: done } = JSON.parse(stdout.trim().split('\n').at(-1));
      (rates[name] ??= []).push(done / seconds);
      (costs[name] ??= []).push((1000 * cpu) / done);
    }
    console.log(
      part,
      `round ${round + 1}:`,
      Object.entries(rates)
        .map(([name, all]) => `${name} ${all.at(-1).toPrecision(3)}/s (${costs[name].at(-1).toPrecision(3)} ms of CPU)`)
        .join(', '),
    );
  }
  for (const [name, all] of Object.entries(rates)) {
    if (name === 'facewright') continue;
    const ratios = all.map((rate, round) => rates.facewright[round] / rate);
    console.log(
      `${part}: ${median(ratios).toFixed(2)} × ${name} (rounds: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}; target ${TARGETS[name]}); CPU time ${median(costs[name].map((cost, round) => cost / costs.facewright[round])).toFixed(2)} ×`,
    );
  }
}
