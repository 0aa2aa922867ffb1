/** Runs Node under strace with an empty home directory, to see what it sends, looks up and leaves behind. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesBelow } from './tool.js';

export interface Watched {
  readonly code: number;
  /** Standard output and error. */
  readonly output: string;
  /** System calls that reach for another machine: connections, packets, host name lookups. */
  readonly sent: readonly string[];
  /** Files left below the home directory. */
  readonly home: readonly string[];
}

/** Why nothing can be traced here; undefined if it can. */
export function cannotWatch(): string | undefined {
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'needs strace: apt-get install strace';
  }
}

/**
 * Runs `node` with these arguments, including its children. `environment` is added to a clean one, because settings of
 * the tests would hide what a user sees. `stopAt` ends it with SIGTERM once the output matches.
 */
export async function watched(
  args: readonly string[],
  {
    cwd,
    environment = {},
    stopAt,
  }: { cwd?: string; environment?: Readonly<Record<string, string>>; stopAt?: RegExp } = {},
): Promise<Watched> {
  const directory = await mkdtemp(join(tmpdir(), 'facewright watched '));
  const home = await mkdtemp(join(tmpdir(), 'facewright home '));
  const trace = join(directory, 'trace');
  const calls = 'connect,sendto,sendmsg,sendmmsg';
  const { PATH, TMPDIR, VK_ICD_FILENAMES } = process.env;
  const child = spawn(
    'strace',
    ['-f', '-qq', '-s', '200', '-e', `trace=${calls}`, '-o', trace, process.execPath, ...args],
    {
      cwd,
      detached: true, // its own process group, because strace does not forward signals
      env: {
        PATH,
        HOME: home,
        ...(TMPDIR && { TMPDIR }),
        ...(VK_ICD_FILENAMES && { VK_ICD_FILENAMES }),
        ...environment,
      },
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => {
      output += part.toString();
      if (stopAt?.test(output)) process.kill(-child.pid!, 'SIGTERM');
    });
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? -1));
  });
  const lines = (await readFile(trace, 'utf8')).split('\n');
  return { code, output, sent: lines.filter(leavesTheMachine), home: await filesBelow(home) };
}

const TO_ITSELF = /inet_addr\("127\.|inet_pton\(AF_INET6, "(::1|::ffff:127\.[^"]*)"/;
const PORT_OF_NAMES = /htons\(53\)/;

/** A resolver may be on this machine, so any call to its port counts. */
const leavesTheMachine = (call: string): boolean =>
  /sa_family=AF_INET6?,/.test(call) && (PORT_OF_NAMES.test(call) || !TO_ITSELF.test(call));
