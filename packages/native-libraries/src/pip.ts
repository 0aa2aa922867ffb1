/**
 * Downloads wheels with pip, which uses the machine's settings for proxies and mirrors. Python is not needed
 * afterwards.
 */
import { FacewrightError, messageOf, throwIfAborted } from '@facewright/core';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The Python version in a wheel's tag does not matter for its C libraries, so any pip can download it. */
const TARGET = [
  '--no-deps',
  '--only-binary=:all:',
  '--python-version',
  '3.11',
  ...[
    'manylinux_2_28_x86_64',
    'manylinux_2_27_x86_64',
    'manylinux_2_25_x86_64',
    'manylinux_2_17_x86_64',
    'manylinux2014_x86_64',
    'manylinux1_x86_64',
  ].flatMap((platform) => ['--platform', platform]),
];

const WAYS: readonly (readonly string[])[] = [['python3', '-m', 'pip'], ['pip3'], ['python', '-m', 'pip'], ['pip']];

/** Downloads the wheels into `directory`. Throws a `FacewrightError` with pip's own reason. */
export async function fetchWheels(
  requirements: readonly string[],
  directory: string,
  { name, signal }: { readonly name: string; readonly signal?: AbortSignal },
): Promise<void> {
  const args = ['download', ...TARGET, '--disable-pip-version-check', '--quiet', '--dest', directory, ...requirements];
  for (const [command, ...before] of WAYS) {
    try {
      await promisify(execFile)(command, [...before, ...args], { signal, maxBuffer: 2 ** 26 });
      return;
    } catch (error) {
      throwIfAborted(signal, `fetching ${name}`);
      const { code, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string };
      if (code === 'ENOENT' || stderr.includes('No module named pip')) continue;
      const last =
        stderr
          .trim()
          .split('\n')
          .findLast((line) => line.startsWith('ERROR')) ?? messageOf(error).split('\n')[0];
      throw new FacewrightError({
        what: `pip cannot download ${name}: ${last}`,
        where: requirements.join(' '),
        todo: 'Configure pip for your network (PIP_INDEX_URL, PIP_PROXY) and try again.',
        cause: error,
      });
    }
  }
  throw new FacewrightError({
    what: `There is no pip to download ${name} with.`,
    todo: 'Install Python 3 with pip (on Debian and Ubuntu: apt install python3-pip). It is only needed for setup.',
  });
}
