/** Starts the tool as a user would, and creates small data for it. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunConfigInput } from '@facewright/core';
import { generateSample } from '@facewright/datasets';
import sharp, { type Sharp } from 'sharp';

const BIN = fileURLToPath(new URL('../../apps/cli/bin/facewright.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output, which must be a single JSON document. */
  json<T = Record<string, unknown>>(): T;
}

export interface StartOptions {
  readonly cwd?: string;
  /** Sends SIGINT when this first matches standard error so far. */
  readonly interruptAt?: RegExp;
  /** Sends a second SIGINT once the first was acknowledged. */
  readonly twice?: boolean;
}

export function facewright(
  args: readonly string[],
  { cwd, interruptAt, twice = false }: StartOptions = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...args], { cwd, env: { ...process.env, NO_COLOR: '1' } });
    let [stdout, stderr, sent] = ['', '', 0];
    child.stdout.on('data', (part: Buffer) => (stdout += part.toString()));
    child.stderr.on('data', (part: Buffer) => {
      stderr += part.toString();
      if (sent === 0 && interruptAt?.test(stderr)) {
        sent++;
        child.kill('SIGINT');
      } else if (sent === 1 && twice && stderr.includes('Stopping')) {
        sent++;
        child.kill('SIGINT');
      }
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr, json: <T>() => JSON.parse(stdout) as T }));
  });
}

export const temporary = (): Promise<string> => mkdtemp(join(tmpdir(), 'facewright test '));

/** A run that takes seconds: a minimal network and a few steps. */
export const TINY: RunConfigInput = {
  tiers: [{ name: 'all', above: 0, augment: [] }],
  model: { name: 'mobilefacenet', inputSize: 16, width: 0.125, embeddingSize: 8, bottlenecks: [[1, 64, 1, 2]] },
  batch: 8,
  stages: [
    { loss: 'softmax', until: { steps: 3 } },
    { loss: 'arcface', until: { steps: 2 } },
  ],
  validation: { minimum: 2, everySteps: 2 },
  heldOut: { identities: 2, pairs: 20 },
  checkpoint: { everySteps: 2 },
};

export async function writeConfig(directory: string, config: object): Promise<string> {
  const path = join(directory, 'facewright.config.json');
  await writeFile(path, JSON.stringify(config));
  return path;
}

/** Six drawn people with a landmark list, so nothing needs to be detected. */
export async function drawPeople(
  directory: string,
  { people = 6, photos = 5 }: { people?: number; photos?: number } = {},
): Promise<{ folder: string; list: string }> {
  const sample = await generateSample({ directory: join(directory, 'people'), people, photos });
  return { folder: sample.directory, list: sample.list };
}

/**
 * A single-file detector, used in a config as `./centre.mjs`: one face with landmarks at fixed fractions of the photo,
 * and none in a photo of one colour. `delay` is in ms per photo; if it is below 0, the detector prints `asked` on
 * standard error and never answers.
 */
export async function writeDetector(directory: string, delay = 0): Promise<string> {
  const path = join(directory, 'centre.mjs');
  await writeFile(
    path,
    `const meta = { name: 'centre', kind: 'detector', version: '1.0.0', apiVersion: 1 };
async function detect({ width, height, data }) {
  await new Promise((resolve) => ${delay < 0 ? "(process.stderr.write('asked\\n'), setInterval(() => undefined, 1000))" : `setTimeout(resolve, ${delay})`});
  if (data.every((value, index) => Math.abs(value - data[index % 3]) < 8)) return [];
  const at = (x, y) => [x * width, y * height];
  const landmarks = { leftEye: at(0.4, 0.45), rightEye: at(0.6, 0.45), nose: at(0.5, 0.55), mouthLeft: at(0.42, 0.65), mouthRight: at(0.58, 0.65) };
  return [{ box: { x: width / 4, y: height / 4, width: width / 2, height: height / 2 }, confidence: 0.5, landmarks }];
}
const create = async () => ({ fingerprint: 'centre', detect });
export default Object.assign(() => ({ meta, options: {}, create }), { meta, options: {}, create });
`,
  );
  return path;
}

/** A photo with some content: coarse coloured patches. */
export function patches(seed: number, width = 90, height = 120): Sharp {
  const size = 8;
  const data = Uint8Array.from(
    { length: size * size * 3 },
    (_, index) => (Math.imul(index + 1, 2654435761 + seed * 40503) >>> 16) & 255,
  );
  return sharp(data, { raw: { width: size, height: size, channels: 3 } }).resize(width, height, {
    kernel: 'cubic',
    fit: 'fill',
  });
}

export async function put(path: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

/** Every file below a directory, sorted. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

export const readJson = async <T = Record<string, unknown>>(path: string): Promise<T> =>
  JSON.parse(await readFile(path, 'utf8')) as T;
