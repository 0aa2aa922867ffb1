/** The tool as several processes, started by a real mpirun, and what happens to one of them. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Launcher } from '../../packages/cluster-mpi/test/launched.js';

const BIN = fileURLToPath(new URL('../../apps/cli/bin/facewright.js', import.meta.url));

export interface LaunchedTool {
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  /** Sends a signal to one rank. */
  signal(rank: number, signal: NodeJS.Signals): void;
}

export function launchTool({ command, args }: Launcher, ranks: number, tool: readonly string[]): LaunchedTool {
  const child = spawn(command, [...args, '-n', String(ranks), process.execPath, BIN, ...tool], {
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part) => (stdout += String(part)));
  child.stderr.on('data', (part) => (stderr += String(part)));
  return {
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr }))),
    signal: (rank, signal) => process.kill(processOf(child.pid!, rank), signal),
  };
}

/** The process of a rank, by what its launcher has set in its environment. */
function processOf(launcher: number, rank: number): number {
  const mark = new RegExp(`\\0(OMPI_COMM_WORLD_RANK|PMI_RANK)=${rank}\\0`);
  const found = descendants(launcher).find((pid) => mark.test(`\0${read(`/proc/${pid}/environ`)}`));
  if (found === undefined) throw new Error(`no process of rank ${rank}`);
  return found;
}

function descendants(parent: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(
      (name) =>
        [
          Number(name),
          Number(
            read(`/proc/${name}/stat`)
              .replace(/^.*\) \S /s, '')
              .split(' ')[0],
          ),
        ] as const,
    );
  const below = (pid: number): number[] =>
    parents.filter(([, of]) => of === pid).flatMap(([child]) => [child, ...below(child)]);
  return below(parent);
}

/** Empty if the process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
