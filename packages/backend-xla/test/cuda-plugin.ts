/** For the tests: XLA's CUDA plugin, whose compiler works without a GPU. */
import { messageOf } from '@facewright/core';
import { installWheels } from '@facewright/native-libraries';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPlugins, pluginsIn } from '../src/discovery/find.js';
import { isNeeded, WHEELS } from '../src/setup/wheels.js';
import type { Found } from './cpu-plugin.js';

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/', import.meta.url));

/**
 * The library named by `FACEWRIGHT_PJRT_CUDA`, or else one that was set up or installed. In CI its wheel alone, 135 MB,
 * is downloaded into node_modules/.cache; elsewhere tests download nothing.
 */
export async function cudaPlugin(): Promise<Found> {
  const named = process.env.FACEWRIGHT_PJRT_CUDA;
  if (named) return { path: named };
  const { wheels, version } = WHEELS.cuda13;
  const directory = join(CACHE, `xla-cuda13-${version}`);
  const found = [...findPlugins([process.cwd()]), ...pluginsIn(directory)].find(({ kind }) => kind === 'cuda');
  if (found) return { path: found.path };
  if (!process.env.CI) return { missing: 'there is no CUDA plugin: "facewright setup xla --cuda13 --without-driver"' };
  try {
    await installWheels({
      name: "XLA's plugin for CUDA 13",
      directory,
      wheels: wheels.slice(0, 1),
      download: 0.135e9,
      unpacked: 0.4e9,
      isNeeded,
      isWhole: (made) => pluginsIn(made).length > 0,
      about: "XLA's plugin for CUDA 13 (Apache 2.0), for tests of what its compiler makes.",
      signal: AbortSignal.timeout(180_000),
    });
    return { path: pluginsIn(directory)[0].path };
  } catch (error) {
    return { missing: messageOf(error).split('\n')[0] };
  }
}
