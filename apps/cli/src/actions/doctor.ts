/** Implements `facewright doctor`: what works on this machine, what does not, why, and how to fix it. */
import { statfs } from 'node:fs/promises';
import { createRunContainer, messageOf, parseRunConfig, plainReference, pluginContext } from '@facewright/core';
import { jpegDecoder } from '@facewright/platform/node';
import { resolveMtcnnWeights } from '@facewright/preprocess';
import {
  checkEngine,
  chosenByAuto,
  clustersOf,
  listEngines,
  openLibrary,
  checkCluster,
  type EngineRow,
} from '@facewright/run';
import { builtins } from '../builtins.js';
import { configOf } from '../config-of.js';
import { doctorText, type Check } from '../doctor-text.js';
import type { CommonOptions } from '../options.js';
import { fitted } from '../fitted.js';
import { withSession } from '../session.js';
import { MEND_SHARP } from '../shown-error.js';
import { VERSION } from '../versions.js';

const MEGABYTE = 2 ** 20;
const LEAST_FREE = 500 * MEGABYTE;

export default (options: CommonOptions) =>
  withSession(options, async ({ signal, print }) => {
    const { engines, chosen, clusters } = await enginesOf(options, signal);
    const weights = await resolveMtcnnWeights({ signal, offline: true });
    const node = nodeCheck();
    const images = await sharpCheck();
    const jpeg = await jpegCheck();
    const disk = await diskCheck('.');
    const mtcnn: Check = weights.weights
      ? { name: 'MTCNN weights', usable: true, device: weights.weights.source }
      : {
          name: 'MTCNN weights',
          usable: false,
          reason: weights.reasons.join('; '),
          remedy:
            'The first command that detects faces downloads them. Without a network, put face-api.js\'s mtcnn_model-shard1 or the PyPI wheel of mtcnn 0.1.1 somewhere and set its path: detector: { name: "mtcnn", weights: "<path>" }.',
        };
    const checks = [node, images, jpeg, mtcnn, disk, ...clusters];
    // without the weights, runs still work on data with landmarks
    const ok = chosen !== undefined && node.usable && images.usable;
    print(fitted(doctorText({ version: VERSION, checks, engines, chosen })));
    return { json: { ok, version: VERSION, engine: chosen ?? null, engines, checks }, exitCode: ok ? 0 : 1 };
  });

/** The engines of the config's packages and the built-in ones, and the one a run with the config would use. */
async function enginesOf(
  { config }: CommonOptions,
  signal: AbortSignal,
): Promise<{ engines: readonly EngineRow[]; chosen?: string; clusters: readonly Check[] }> {
  const { given, baseDirectory, where } = await configOf({ config });
  const { plugins, backend } = parseRunConfig({ plugins: given.plugins, backend: given.backend }, where);
  const library = await openLibrary(plugins, { builtins, baseDirectory, where });
  const context = pluginContext(createRunContainer({ signal, baseDirectory }), 'doctor');
  const engines = await listEngines(context, library.known);
  const clusters = await clusterChecks(library.known);
  const asked = plainReference(backend).name;
  if (asked === 'auto') return { engines, chosen: chosenByAuto(engines)?.name, clusters };
  const own = await checkEngine(await library.load('backend', backend), context);
  const others = engines.filter(({ name }) => name !== own.name);
  return { engines: [own, ...others], clusters, ...(own.usable && { chosen: own.name }) };
}

/** What several processes can train with. One process needs nothing. */
const clusterChecks = (known: Parameters<typeof clustersOf>[0]): Promise<Check[]> =>
  Promise.all(
    clustersOf(known)
      .filter(({ meta }) => meta.name !== 'single')
      .map(async (factory) => ({
        name: `several processes (${factory.meta.name})`,
        ...(await checkCluster(factory())),
      })),
  );

function nodeCheck(): Check {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const usable = major > 20 || (major === 20 && minor >= 19);
  return {
    name: 'Node',
    usable,
    device: process.versions.node,
    ...(!usable && { reason: 'older than 20.19', remedy: 'Install Node 20.19 or newer.' }),
  };
}

async function sharpCheck(): Promise<Check> {
  try {
    const { default: sharp } = await import('sharp');
    return { name: 'images (sharp)', usable: true, device: `${sharp.versions.sharp}, libvips ${sharp.versions.vips}` };
  } catch (error) {
    return {
      name: 'images (sharp)',
      usable: false,
      reason: messageOf(error).split('\n')[0],
      remedy: MEND_SHARP,
    };
  }
}

const JPEG_DECODERS = {
  libturbojpeg: "the system's libturbojpeg",
  'libjpeg-turbo-wasm':
    'WebAssembly. For three times the speed: apt-get install libturbojpeg0 or brew install jpeg-turbo',
  sharp: 'sharp',
};

/** Always usable: the available decoder only affects the speed. */
async function jpegCheck(): Promise<Check> {
  const { name } = await jpegDecoder();
  return { name: 'JPEG decoder', usable: true, device: JPEG_DECODERS[name] };
}

async function diskCheck(path: string): Promise<Check> {
  const { bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  return {
    name: 'free disk here',
    usable: free >= LEAST_FREE,
    device: `${Math.round(free / MEGABYTE).toLocaleString('en-GB')} MB`,
    ...(free < LEAST_FREE && { reason: 'less than 500 MB', remedy: 'Free some, or choose an --out on another disk.' }),
  };
}
