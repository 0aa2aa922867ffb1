/**
 * Downloads wheels with pip, which uses the machine's settings for proxies and mirrors. Python is not needed
 * afterwards.
 */
import { FacewrightError, throwIfAborted } from '@facewright/core';
import { runPip } from '@facewright/platform/node';

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

/** Downloads the wheels into `directory`. Throws a `FacewrightError` with pip's own reason. */
export async function fetchWheels(
  requirements: readonly string[],
  directory: string,
  { name, signal }: { readonly name: string; readonly signal?: AbortSignal },
): Promise<void> {
  const args = ['download', ...TARGET, '--disable-pip-version-check', '--quiet', '--dest', directory, ...requirements];
  const found = await runPip(args, { signal }).catch((error: Error) => {
    throwIfAborted(signal, `fetching ${name}`);
    throw new FacewrightError({
      what: `pip cannot download ${name}: ${error.message}`,
      where: requirements.join(' '),
      todo: 'Configure pip for your network (PIP_INDEX_URL, PIP_PROXY) and try again.',
      cause: error,
    });
  });
  if (found) return;
  throw new FacewrightError({
    what: `There is no pip to download ${name} with.`,
    todo: 'Install Python 3 with pip (on Debian and Ubuntu: apt install python3-pip). It is only needed for setup.',
  });
}
