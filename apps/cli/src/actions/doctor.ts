/** The work of `facewright doctor`: what works on this machine, what does not, why, and what mends it. */
import { statfs } from 'node:fs/promises';
import { createRunContainer, messageOf, pluginContext } from '@facewright/core';
import { resolveMtcnnWeights } from '@facewright/preprocess';
import { forAuto, listEngines, pluginsOf } from '@facewright/run';
import { builtins } from '../builtins.js';
import { withSession, type SessionOptions } from '../session.js';
import { VERSION } from '../versions.js';

interface Check {
  readonly name: string;
  readonly usable: boolean;
  readonly device?: string;
  readonly reason?: string;
  readonly remedy?: string;
}

const MEGABYTE = 2 ** 20;
const LEAST_FREE = 500 * MEGABYTE;

export default (options: SessionOptions) =>
  withSession(options, async ({ signal, print }) => {
    const engines = await listEngines(pluginContext(createRunContainer({ signal }), 'doctor'), pluginsOf(builtins));
    const chosen = engines.find(forAuto)?.name;
    const weights = await resolveMtcnnWeights({ signal, offline: true });
    const node = nodeCheck();
    const images = await sharpCheck();
    const disk = await diskCheck('.');
    const mtcnn: Check = weights.weights
      ? { name: 'MTCNN weights', usable: true, device: weights.weights.source }
      : {
          name: 'MTCNN weights',
          usable: false,
          reason: weights.reasons.join('; '),
          remedy:
            'The first command that detects faces fetches them. Without a network, put face-api.js\'s mtcnn_model-shard1 or the PyPI wheel of mtcnn 0.1.1 somewhere and name it: detector: { name: "mtcnn", weights: "<path>" }.',
        };
    const checks = [node, images, mtcnn, disk];
    // without the weights a run can still be made on data that brings landmarks
    const ok = chosen !== undefined && node.usable && images.usable;
    print(`facewright ${VERSION}`);
    for (const check of checks) print(lineOf(check));
    print('engines, in the order in which "auto" tries them:');
    for (const engine of engines) print(`  ${lineOf(engine)}${engine.name === chosen ? '  (used)' : ''}`);
    return { json: { ok, version: VERSION, engine: chosen ?? null, engines, checks }, exitCode: ok ? 0 : 1 };
  });

function lineOf({ name, usable, device, reason, remedy }: Check): string {
  const text = `${usable ? '✓' : '✗'} ${name}${device ? `: ${device}` : ''}${reason ? `: ${reason}` : ''}`;
  return remedy ? `${text}\n    to do: ${remedy}` : text;
}

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
      remedy: 'npm install --include=optional sharp',
    };
  }
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
