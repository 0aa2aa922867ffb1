/**
 * Kills a command at random points and restarts it until it finishes: the output must be complete at all times, and the
 * same at the end.
 */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { appearance, digestOf, leftOvers, sleep, start } from './tool.mjs';

const again = (job, out) => [
  ...job.args(out),
  ...(job.resumes && existsSync(join(out, 'run.json')) ? ['--resume'] : []),
  '--quiet',
];

/** Runs the job undisturbed: its output, and how long it takes once it has its lock. */
export async function undisturbed(job, root) {
  const out = join(root, 'undisturbed', job.name.replaceAll(' ', '-'), 'out');
  if (job.over) cpSync(job.over, out, { recursive: true });
  const started = start([...job.args(out), '--quiet']);
  await appearance(locksOf(out), started);
  const locked = performance.now();
  const { code, stderr } = await started.ended;
  if (code !== 0) throw new Error(`${job.name} ends with ${code} without any kill: ${stderr}`);
  return { digest: digestOf(out, job.except), work: performance.now() - locked, out };
}

const locksOf = (out) => [`${out}.lock`, join(out, '.facewright.lock')];

/** Returns how often it was killed, how often before it had its lock, and what went wrong. */
export async function killed(job, expected, kills, random) {
  const root = mkdtempSync(join(tmpdir(), 'facewright crash '));
  const out = join(root, 'out');
  const figures = { kills: 0, early: 0, starts: 0, faults: [] };
  if (job.over) cpSync(job.over, out, { recursive: true });
  const former = job.over && digestOf(out, job.except);
  for (;;) {
    const started = start(again(job, out));
    figures.starts++;
    if (figures.kills < kills) {
      await appearance(locksOf(out), started);
      await sleep(random.uniform() ** 2 * expected.work); // rather early, because a restart has less to do
      const early = !locksOf(out).some((path) => existsSync(path));
      started.kill();
      const { code } = await started.ended;
      if (code === null) {
        figures.kills++;
        if (early) figures.early++;
      }
      if (job.whole) figures.faults.push(...faultsOfWhole(job, out, expected, former));
      if (code !== 0) continue;
      break;
    }
    const { code, stderr } = await started.ended;
    if (code === 0) break;
    // a kill after the last rename but before the process ends: the work is done
    if (
      /^error: There is already a dataset here|is not empty and is not a/.test(stderr) &&
      digestOf(out) === expected.digest
    )
      break;
    figures.faults.push(`start ${figures.starts} ends with ${code}: ${stderr}`);
    break;
  }
  if (digestOf(out, job.except) !== expected.digest) figures.faults.push(`other bytes than without kills, in ${root}`);
  const left = leftOvers(root);
  if (left.length > 0) figures.faults.push(`left over: ${left.join(', ')}`);
  if (figures.faults.length === 0) rmSync(root, { recursive: true, force: true });
  return figures;
}

/** After a kill the directory is missing, the old one, or the new one. */
function faultsOfWhole(job, out, expected, former) {
  if (!existsSync(out)) return former && !existsSync(`${out}.former`) ? ['the former dataset is gone'] : [];
  const digest = digestOf(out, job.except);
  return digest === expected.digest || digest === former ? [] : [`half of a directory after a kill: ${out}`];
}
