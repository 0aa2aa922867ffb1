/** Starts the tool, and lists what is below a directory. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../apps/cli/bin/facewright.js', import.meta.url));

/** In its own process group, so that a kill includes its children. */
export function start(args, env = {}) {
  const child = spawn(process.execPath, [BIN, ...args], {
    detached: true,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part) => (stdout += part));
  child.stderr.on('data', (part) => (stderr += part));
  const ended = new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
  const kill = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // it has ended
    }
  };
  return { child, ended, kill };
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves when one of the paths exists, or the process has ended. */
export async function appearance(paths, { child }) {
  while (child.exitCode === null && child.signalCode === null && !paths.some((path) => existsSync(path)))
    await sleep(2);
}

export const filesBelow = (directory) =>
  existsSync(directory)
    ? readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
        .sort()
    : [];

/** Temporary files of the tool. */
export const leftOvers = (directory) =>
  readdirSync(directory, { recursive: true }).filter((name) => /\.(lock|partial|former|new)$|\.lock\./.test(name));

const SECONDS = /"(seconds|imagesPerSecond)":\s*[\d.e+-]+/g;

/**
 * One hash over all files, without times and the directory itself in JSON. Files whose name matches `except` only
 * contribute their name.
 */
export function digestOf(directory, except) {
  const hash = createHash('sha256');
  for (const path of filesBelow(directory)) {
    hash.update(`${path}\n`);
    if (except?.test(basename(path))) continue;
    const bytes = readFileSync(join(directory, path));
    hash.update(
      path.endsWith('.json') ? bytes.toString('utf8').replace(SECONDS, '"$1":0').replaceAll(directory, '.') : bytes,
    );
  }
  return hash.digest('hex');
}
