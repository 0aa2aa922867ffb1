// What the parts share: projects, a config that trains in seconds, people to train on.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { folder, run } from '../registry.mjs';

/** Seconds of training: a net of almost nothing and a few steps. */
export const SMALL = {
  tiers: [{ name: 'all', above: 0, augment: [] }],
  model: { name: 'mobilefacenet', inputSize: 16, width: 0.125, embeddingSize: 8, bottlenecks: [[1, 64, 1, 2]] },
  batch: 8,
  stages: [
    { loss: 'softmax', until: { steps: 3 } },
    { loss: 'arcface', until: { steps: 2 } },
  ],
  validation: { minimum: 2, everySteps: 2 },
  heldOut: { identities: 2, pairs: 20 },
};
const PEOPLE = `import { writeFileSync } from 'node:fs';
import { generateSample } from '@facewright/datasets';
await generateSample({ directory: 'people', people: 6, photos: 5 }).then((drawn) => writeFileSync('drawn.json', JSON.stringify(drawn)));`;

export const write = (at, name, value) =>
  writeFileSync(join(at, name), typeof value === 'string' ? value : JSON.stringify(value, null, 2));
export const read = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'));
export function expect(holds, what) {
  if (!holds) throw new Error(`not so: ${what}`);
}

/** A new project in which `packages` are installed. */
export async function newProject(home, name, { env }, packages) {
  const at = folder(home, name);
  write(at, 'package.json', { name, private: true, type: 'module' });
  await run('npm', ['install', ...packages], { cwd: at, env });
  return at;
}

let tool;
/** A new folder in a project in which `facewright` alone is installed, once for all parts: how, and where. */
export async function besideTool(home, name, registry) {
  const start = performance.now();
  const isFirst = !tool;
  const project = await (tool ??= newProject(home, 'tool', registry, ['facewright']));
  return { at: folder(project, name), project, ...(isFirst && { seconds: (performance.now() - start) / 1e3 }) };
}

export const facewright = (at, args, env, ok) =>
  run(join(projectOf(at), 'node_modules/.bin/facewright'), args, { cwd: at, env, ...(ok && { ok }) });

const projectOf = (at) => (existsSync(join(at, 'node_modules')) ? at : projectOf(dirname(at)));

let drawn;
/** Six people with a list of their landmarks, drawn once for all parts that use the installed tool; returns the list's path. */
export const peopleBesideTool = (project) => (drawn ??= drawPeople(project));

/** Draws six people with a list of their landmarks; returns the list's path. */
export async function drawPeople(at) {
  write(at, 'draw.mjs', PEOPLE);
  await run(process.execPath, ['draw.mjs'], { cwd: at });
  return read(at, 'drawn.json').list;
}
