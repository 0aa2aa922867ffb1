/** Runs pip, which uses the machine's settings for proxies and mirrors. */
import { messageOf } from '@facewright/core';
import { execFile, type ExecFileOptions } from 'node:child_process';
import { promisify } from 'node:util';

/** Commands that may start pip, the most likely first. */
export const PIP: readonly (readonly string[])[] = [
  ['python3', '-m', 'pip'],
  ['pip3'],
  ['python', '-m', 'pip'],
  ['pip'],
];

export interface PipOptions extends Pick<ExecFileOptions, 'signal' | 'timeout'> {
  /** Default: `PIP`. */
  readonly ways?: readonly (readonly string[])[];
}

/** Returns `false` if there is no pip. If it fails, throws an `Error` with its own reason. */
export async function runPip(args: readonly string[], { ways = PIP, ...options }: PipOptions = {}): Promise<boolean> {
  for (const [command, ...before] of ways) {
    try {
      await promisify(execFile)(command, [...before, ...args], { ...options, maxBuffer: 2 ** 26 });
      return true;
    } catch (error) {
      const { code, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string };
      if (code === 'ENOENT' || stderr.includes('No module named pip')) continue;
      const lines = stderr.trim().split('\n');
      const reason = lines.findLast((line) => line.startsWith('ERROR')) ?? messageOf(error).split('\n')[0];
      throw new Error(reason, { cause: undefined }); // Node's own error repeats the whole command
    }
  }
  return false;
}
