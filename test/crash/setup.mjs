/**
 * Kills `setup` during the download: nothing has its final name, and the next start is not blocked. It is not run to
 * the end, because that takes 0.3 GB.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leftOvers, sleep, start } from './tool.mjs';

const PATIENCE_MS = 800;

export async function killedSetup(random) {
  const cache = mkdtempSync(join(tmpdir(), 'facewright crash '));
  const figures = { kills: 0, starts: 0, faults: [] };
  for (let round = 0; round < 2; round++) {
    const started = start(['setup', 'node-gpu', '--cpu'], { FACEWRIGHT_CACHE: cache });
    figures.starts++;
    // its own lock, not one left behind by the previous start
    while (
      started.child.exitCode === null &&
      !locksIn(cache).some((text) => text.includes(`"pid":${started.child.pid},`))
    )
      await sleep(2);
    await sleep(random.uniform() * PATIENCE_MS);
    started.kill();
    const { code, stderr } = await started.ended;
    if (code === null) figures.kills++;
    else if (!/pip/.test(stderr)) figures.faults.push(`start ${round + 1} ends with ${code}: ${stderr}`);
    const whole = readdirSync(cache).filter(
      (name) => !leftOvers(cache).some((left) => left === name || left.startsWith(`${name}/`)),
    );
    if (whole.length > 0) figures.faults.push(`there after a kill: ${whole.join(', ')}`);
  }
  rmSync(cache, { recursive: true, force: true });
  return figures;
}

const locksIn = (cache) =>
  readdirSync(cache)
    .filter((name) => name.endsWith('.lock'))
    .map((name) => readFileSync(join(cache, name), 'utf8'));
