/** For the tests: TensorFlow's libraries, set up on the way in CI, else used where they are. */
import { messageOf } from '@facewright/core';
import { findLibraries, libraryDirectory } from '../src/library/location.js';
import { setup } from '../src/setup/setup.js';

export type Libraries = { readonly library: string } | { readonly missing: string };

/** `FACEWRIGHT_TENSORFLOW` names a directory with the libraries. */
export function librariesHere(): Libraries {
  const found = findLibraries(process.env.FACEWRIGHT_TENSORFLOW);
  return found ? { library: found.directory } : { missing: 'TensorFlow is not set up; "facewright setup node-gpu --cpu" does it' };
}

/** Sets TensorFlow up in CI, where pip can have it; elsewhere nothing is fetched for a test. */
export async function librariesInCi(): Promise<Libraries> {
  const here = librariesHere();
  if ('library' in here || !process.env.CI) return here;
  try {
    return { library: libraryDirectory((await setup({ cpu: true, signal: AbortSignal.timeout(120_000) })).directory) };
  } catch (error) {
    return { missing: messageOf(error).split('\n')[0] };
  }
}
