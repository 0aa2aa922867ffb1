// Runs mutants of one target in a separate process, so that crashes and hangs can be observed from outside. Reports
// each mutant before it starts, and what was wrong with it.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { FacewrightError } from '@facewright/core';
import { mutate, plans } from './mutate.mjs';

const MAX_SECONDS = 2;
const MAX_BYTES = 512 * 2 ** 20;

const [root, parsers] = process.argv.slice(2);
const { targets } = await import(parsers);
const work = join(root, 'work');
let target;
let failed;
process.on('uncaughtException', (error) => (failed = error));
process.on('unhandledRejection', (error) => (failed = error));

const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();

function lay(folder, files) {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
}

/** The valid files, created in a separate folder. */
async function valid() {
  const make = async (folder, files) => {
    const path = join(root, 'made', folder);
    mkdirSync(path, { recursive: true });
    lay(path, files);
    return path;
  };
  make.read = (folder) =>
    Object.fromEntries(filesBelow(folder).map((path) => [path, readFileSync(join(folder, path))]));
  const all = [];
  for (const seedFiles of target.seeds) {
    rmSync(join(root, 'made'), { recursive: true, force: true });
    all.push(await seedFiles(make));
  }
  rmSync(join(root, 'made'), { recursive: true, force: true });
  return all;
}

const used = () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6;

/** What was wrong with reading the files, if anything; valid files must be readable. */
async function play(files, mustSucceed = false) {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  lay(work, files);
  const before = { seconds: used(), bytes: process.memoryUsage().rss };
  failed = undefined;
  let error;
  try {
    await target.read(work, files);
  } catch (thrown) {
    error = thrown;
  }
  await new Promise((resolve) => setImmediate(resolve));
  const wrong = failed ?? (error instanceof FacewrightError ? undefined : error);
  if (wrong !== undefined) return `not an error of ours: ${wrong?.stack ?? wrong}`;
  if (error && mustSucceed) return `a valid file is refused: ${error.message}`;
  const seconds = used() - before.seconds;
  if (seconds > MAX_SECONDS) return `${seconds.toFixed(1)} s of processor time`;
  const peak = process.resourceUsage().maxRSS * 1024;
  if (peak - before.bytes > MAX_BYTES) return `${Math.round((peak - before.bytes) / 2 ** 20)} MB of memory`;
  const strange = readdirSync(root).filter((entry) => entry !== 'work' && entry !== 'home');
  const left = filesBelow(work).filter((path) => !(path in files) && !(target.writes && path.startsWith('out/')));
  const links = filesBelow(work).filter((path) => !statSync(join(work, path)).isFile());
  for (const entry of strange) rmSync(join(root, entry), { recursive: true, force: true });
  if (strange.length + left.length + links.length > 0)
    return `files outside: ${[...strange, ...left, ...links].join(', ')}`;
  return undefined;
}

async function playAll({ name, seed, first, end }) {
  target = targets[name];
  const seeds = await valid();
  for (const files of first === 0 ? seeds : []) {
    const problem = await play(files, true);
    if (problem) process.send({ problem, index: 'valid', files: kept(files) });
  }
  const all = plans(seed, end);
  for (let index = first; index < end; index++) {
    const plan = all[index];
    const files = { ...seeds[index % seeds.length] };
    const mutable = Object.keys(files).filter((path) => !target.mutable || target.mutable.test(path));
    const { name: changed, bytes } = mutate(files, mutable, plan);
    files[changed] = plan.fix && target.fix ? target.fix(bytes, files) : bytes;
    process.send({ begins: index });
    const problem = await play(files);
    if (problem) process.send({ problem, index, files: kept(files) });
  }
  process.send({ done: true });
}

const kept = (files) =>
  Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, bytes.toString('base64')]));

process.on('message', (job) => void playAll(job));
process.send({ ready: true });
