/**
 * A disk of a random small size: one clear error, nothing half written, and the same bytes once there is space.
 * Mounting a disk requires root.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, filesBelow, leftOvers, start } from './tool.mjs';

const run = (command, ...args) => spawnSync(command, args, { encoding: 'utf8' });

/** Why no disk can be mounted here; `undefined` if one can. */
export function noDisk() {
  const at = mkdtempSync(join(tmpdir(), 'facewright disk '));
  const { status, stderr, error } = run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', at);
  if (status === 0) run('umount', at);
  rmSync(at, { recursive: true });
  return status === 0 ? undefined : `mounting a disk needs root: ${(stderr ?? error?.message ?? '').trim()}`;
}

/** Returns `full` or `fitted`, and what went wrong. */
export async function fullDisk(job, expected, random) {
  const disk = mkdtempSync(join(tmpdir(), 'facewright disk '));
  const bytes = filesBelow(expected.out).reduce((sum, path) => sum + readFileSync(join(expected.out, path)).length, 0);
  // from barely its own directories to more than enough for everything
  const kilobytes = 16 + Math.floor((random.uniform() * bytes * 1.3) / 1024);
  run('mount', '-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', disk);
  try {
    return await onDisk(job, expected, disk);
  } finally {
    run('umount', disk);
    rmSync(disk, { recursive: true, force: true });
  }
}

async function onDisk(job, expected, disk) {
  const out = join(disk, 'out');
  const faults = [];
  const first = await start([...job.args(out), '--json', '--quiet']).ended;
  if (first.code === 0) {
    if (digestOf(out, job.except) !== expected.digest) faults.push('exit code 0, but other bytes');
    return { outcome: 'fitted', faults };
  }
  faults.push(...faultsOfError(first, disk));
  const left = leftOvers(disk);
  if (left.length > 0) faults.push(`left over: ${left.join(', ')}`);
  if (job.whole && existsSync(out)) faults.push(`half of a directory: ${readdirSync(out).join(', ')}`);
  run('mount', '-o', 'remount,size=256m', disk);
  const resume = job.resumes && existsSync(join(out, 'run.json')) ? ['--resume'] : [];
  const second = await start([...job.args(out), ...resume, '--quiet']).ended;
  if (second.code !== 0) faults.push(`with room again it ends with ${second.code}: ${second.stderr}`);
  else if (digestOf(out, job.except) !== expected.digest) faults.push('other bytes once there was room');
  return { outcome: 'full', faults };
}

function faultsOfError({ code, stdout, stderr }, disk) {
  const faults = [];
  if (code !== 1) faults.push(`exit code ${code}`);
  if (!/^error: The disk is full \(ENOSPC/m.test(stderr) || /defect|\n {4}at /.test(stderr))
    faults.push(`said: ${stderr}`);
  try {
    const { what, where, todo } = JSON.parse(stdout).error;
    if (!what || !where?.includes(disk) || !todo) faults.push(`--json: ${stdout}`);
  } catch {
    faults.push(`--json: ${stdout}`);
  }
  return faults;
}
