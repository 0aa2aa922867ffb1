/**
 * The campaign of kills and full disks:
 *   npm run crash -- --kills 300 --in-a-row 3 --disks 40 --seed 7 --only train,export
 *
 * Prints a table. Exits with 1 if anything was lost, half written, or different from an undisturbed run.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '@facewright/core';
import { generateSample } from '@facewright/datasets';
import { fullDisk, noDisk } from './full-disk.mjs';
import { CONFIG, jobs, modelOf } from './jobs.mjs';
import { killed, undisturbed } from './kills.mjs';
import { killedSetup } from './setup.mjs';
import { start } from './tool.mjs';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '30' },
    'in-a-row': { type: 'string', default: '3' },
    disks: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
const [kills, disks] = [Number(values.kills), Number(values.disks)];
const only = values.only.split(',').filter(Boolean);
/** A command is killed up to this many times before it may finish. */
const inARow = Number(values['in-a-row']);

const root = mkdtempSync(join(tmpdir(), 'facewright crash '));
const random = createRandom(`crash ${values.seed}`);
const table = new Map();
const rowOf = (name) => {
  if (!table.has(name))
    table.set(name, { kills: 0, 'after its end': 0, starts: 0, 'disks full': 0, 'disks fitted': 0, faults: 0 });
  return table.get(name);
};
const faults = [];
const note = (name, found) => {
  rowOf(name).faults += found.length;
  for (const fault of found) faults.push(`${name}: ${fault}`);
};

async function prepareAll() {
  const { list } = await generateSample({ directory: join(root, 'people'), people: 6, photos: 5 });
  const config = join(root, 'facewright.config.json');
  writeFileSync(config, JSON.stringify(CONFIG));
  const run = join(root, 'made');
  const { code, stderr } = await start(['run', '--data', list, '--out', run, '--config', config, '--quiet']).ended;
  if (code !== 0) throw new Error(stderr);
  const wanted = ({ name }) => only.length === 0 || only.some((start) => name.startsWith(start));
  return jobs({ list, dataset: join(run, 'dataset'), model: modelOf(run), config }).filter(wanted);
}

async function killAll(chosen, expectedOf) {
  const withSetup = only.length === 0 || only.includes('setup');
  for (let done = 0, turn = 0; done < kills; turn++) {
    if (withSetup && turn % (chosen.length + 1) === chosen.length) {
      const figures = await killedSetup(random);
      rowOf('setup').kills += figures.kills;
      rowOf('setup').starts += figures.starts;
      note('setup', figures.faults);
      done += Math.max(figures.kills, 0.1);
      continue;
    }
    const job = chosen[turn % (chosen.length + (withSetup ? 1 : 0))];
    const figures = await killed(
      job,
      await expectedOf(job),
      Math.min(1 + random.integer(inARow), kills - done),
      random,
    );
    const row = rowOf(job.name);
    row.kills += figures.kills;
    row['after its end'] += figures.early;
    row.starts += figures.starts;
    note(job.name, figures.faults);
    done += Math.max(figures.kills, 0.1);
  }
}

async function fillDisks(chosen, expectedOf) {
  const why = noDisk();
  if (why) return void console.log(`Full disks: skipped, ${why}`);
  const writing = chosen.filter(({ over }) => !over);
  for (let done = 0; done < disks && writing.length > 0; done++) {
    const job = writing[done % writing.length];
    const { outcome, faults: found } = await fullDisk(job, await expectedOf(job), random);
    rowOf(job.name)[`disks ${outcome}`]++;
    note(job.name, found);
  }
}

try {
  const chosen = await prepareAll();
  const known = new Map();
  const expectedOf = async (job) => {
    if (!known.has(job.name)) known.set(job.name, await undisturbed(job, root));
    return known.get(job.name);
  };
  await killAll(chosen, expectedOf);
  await fillDisks(chosen, expectedOf);
} finally {
  rmSync(root, { recursive: true, force: true });
}
console.log(`Seed ${values.seed}`);
console.table(Object.fromEntries(table));
for (const fault of faults) console.error(`✗ ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
