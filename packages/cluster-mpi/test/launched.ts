/** Ranks that a real mpirun starts, as clusters in the test's process: every call goes to the rank by a socket. */
import type { Cluster, ClusterArray, ClusterAvailability } from '@facewright/core';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Launcher {
  readonly name: 'Open MPI' | 'MPICH';
  readonly command: string;
  readonly args: readonly string[];
  /** A command that starts each process, and stands between it and the launcher. */
  readonly through?: readonly string[];
  /** Why it cannot be used here. */
  readonly missing?: string;
}

const here = (command: string): string | undefined =>
  spawnSync(command, ['--version']).status === 0 ? undefined : `${command} is not installed`;

/** Both may be installed side by side; Debian gives them these names. */
export const LAUNCHERS: readonly Launcher[] = [
  {
    name: 'Open MPI',
    command: 'mpirun.openmpi',
    args: ['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none'],
    missing: here('mpirun.openmpi'),
  },
  { name: 'MPICH', command: 'mpirun.mpich', args: [], missing: here('mpirun.mpich') },
];

const RANK = fileURLToPath(new URL('rank.mjs', import.meta.url));

/** A rank in another process. */
export interface Rank extends Cluster {
  readonly pid: number;
  readonly probed: ClusterAvailability;
  /** Sums so many numbers both ways, and rejects if a sum is wrong. */
  long(length: number): Promise<void>;
  /** Keeps its main thread busy for so many milliseconds. */
  compute(milliseconds: number): Promise<void>;
}

export interface Launched {
  readonly ranks: readonly Rank[];
  readonly process: ChildProcess;
  /** What mpirun printed. */
  output(): string;
  end(): Promise<void>;
}

export async function launch(launcher: Launcher, size: number, options: object = {}): Promise<Launched> {
  const ranks: (Rank | undefined)[] = [];
  let [output, all] = ['', (): void => {}];
  const complete = new Promise<void>((resolve) => (all = resolve));
  const server = await listening((socket) => {
    const waiting = new Map<number, (answer: Answer) => void>();
    createInterface({ input: socket }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer;
      if (answer.id !== undefined) return void waiting.get(answer.id)?.(answer);
      ranks[answer.rank!] = standIn(answer, socket, waiting);
      if (ranks.filter(Boolean).length === size) all();
    });
  });
  const { port } = server.address() as { port: number };
  const child = spawn(
    launcher.command,
    [
      ...[...launcher.args, '-n', String(size), ...(launcher.through ?? [])],
      ...[process.execPath, RANK, String(port), JSON.stringify(options)],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += String(part)));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await Promise.race([complete, ended]);
  if (ranks.filter(Boolean).length < size) throw new Error(`the ranks did not start: ${output}`);
  return {
    ranks: ranks as Rank[],
    process: child,
    output: () => output,
    async end() {
      await ended;
      server.close();
    },
  };
}

interface Answer {
  readonly id?: number;
  readonly rank?: number;
  readonly data?: string;
  readonly error?: string;
}

function listening(onRank: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer(onRank);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

function standIn(answer: Answer, socket: Socket, waiting: Map<number, (answer: Answer) => void>): Rank {
  let calls = 0;
  const call = async (name: keyof Rank, rest: unknown[], values?: ClusterArray): Promise<void> => {
    const id = calls++;
    const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve));
    const data = values && { type: values.constructor.name, data: bytesOf(values).toString('base64') };
    socket.write(`${JSON.stringify({ id, name, rest, ...data })}\n`);
    const { error, data: result } = await answered;
    if (error !== undefined) throw new Error(error);
    if (values && result !== undefined) bytesOf(values).set(Buffer.from(result, 'base64'));
  };
  return {
    ...(answer as unknown as Rank),
    allReduce: (values, options) => call('allReduce', [options ?? {}], values),
    broadcast: (values, root = 0) => call('broadcast', [root], values),
    long: (length) => call('long', [length]),
    compute: (milliseconds) => call('compute', [milliseconds]),
    barrier: () => call('barrier', []),
    abort: (reason) => call('abort', [reason]),
    close: () => call('close', []),
  };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ClusterArray): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
