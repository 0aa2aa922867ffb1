/**
 * Finds the MTCNN weights, which are not part of this package: at a given path, or else in the cache, in face-api.js's
 * repository, or in the wheel of the Python package `mtcnn`. In every case they must have the right SHA-256, and they
 * are cached.
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FacewrightError, messageOf, throwIfAborted, type Emit } from '@facewright/core';
import { PIP, readChecked, runPip, writeFileAtomic } from '@facewright/platform/node';
import envPaths from 'env-paths';
import { readWeights, sha256Of, type MtcnnWeights } from './weights-file.js';

export type { MtcnnWeights } from './weights-file.js';

/** face-api.js (MIT): its MTCNN weights, raw float32. */
export const WEIGHTS_URL =
  'https://raw.githubusercontent.com/justadudewhohacks/face-api.js/a86f011d72124e5fb93e59d5c4ab98f699dd5c9c/weights/mtcnn_model-shard1';
/** The wheel of `mtcnn` 0.1.1 (MIT) on PyPI. */
export const WHEEL_SHA256 = 'fd69d2f4dd10647dd7481a53b9586e805f35a17c61ac78ba472a7f53766eb86e';

const WHEEL = 'mtcnn==0.1.1';
const CACHED = 'mtcnn-weights.f32';
/** Files looked for in a given directory, in this order. */
const KNOWN_FILES = ['mtcnn_model-shard1', CACHED, 'mtcnn_weights.npy', 'mtcnn-0.1.1-py3-none-any.whl'];

export interface WeightsOptions {
  /** A file (raw float32, .npy or .whl) or a directory with one. If given, no other source is tried. */
  readonly path?: string;
  /** Default: FACEWRIGHT_CACHE from the environment, or else the user's cache directory. */
  readonly cacheDirectory?: string;
  /** Use only the cache; never download. */
  readonly offline?: boolean;
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
  /** Timeout for the first byte of the download, in ms. */
  readonly patience?: number;
  /** Alternative download URL. */
  readonly url?: string;
  /** Commands that run pip, tried in order. If empty, the wheel is not tried. */
  readonly pip?: readonly (readonly string[])[];
}

/** The weights, or why each source failed. */
export type WeightsOutcome =
  { readonly weights: MtcnnWeights } | { readonly weights: undefined; readonly reasons: readonly string[] };

/** What counts as the weights. Tests bring other ones, because the published ones are not part of this repository. */
export interface Published {
  /** Throws for other numbers. */
  readonly read: (bytes: Uint8Array, source: string) => MtcnnWeights;
  readonly wheelSha256: string;
}

/** Throws only `Interrupted`, and a `FacewrightError` if a given `path` has no weights. */
export const resolveMtcnnWeights = (options: WeightsOptions = {}): Promise<WeightsOutcome> =>
  resolveWeights(options, { read: readWeights, wheelSha256: WHEEL_SHA256 });

export async function resolveWeights(options: WeightsOptions, published: Published): Promise<WeightsOutcome> {
  const { read: readNumbers } = published;
  const {
    path,
    cacheDirectory = defaultCache(),
    offline = false,
    emit,
    signal,
    patience = 5000,
    url = WEIGHTS_URL,
    pip = PIP,
  } = options;
  if (path !== undefined) return { weights: await fromPath(path, readNumbers) };
  const cached = join(cacheDirectory, CACHED);
  const reasons: string[] = [];
  const attempt = async (way: string, read: () => Promise<MtcnnWeights>): Promise<MtcnnWeights | undefined> => {
    throwIfAborted(signal, 'fetching the MTCNN weights');
    try {
      return await read();
    } catch (error) {
      throwIfAborted(signal, 'fetching the MTCNN weights');
      reasons.push(`${way}: ${reasonOf(error)}`);
      return undefined;
    }
  };

  const kept = await attempt('cache', async () => readNumbers(await readChecked(cached), cached));
  if (kept) return { weights: kept };
  if (offline) return { weights: undefined, reasons };
  emit?.('notice', { level: 'info', message: 'Downloading the MTCNN weights (2 MB, once).' });
  const fetched =
    (await attempt('download', async () => readNumbers(await download(url, patience, emit, signal), url))) ??
    (pip.length ? await attempt('PyPI', async () => fromPip(pip, signal, published)) : undefined);
  if (!fetched) return { weights: undefined, reasons };
  emit?.('notice', { level: 'info', message: `Got the MTCNN weights from ${fetched.source}.` });
  await writeFileAtomic(cached, new Uint8Array(fetched.numbers.buffer)).catch((error: unknown) => {
    emit?.('notice', {
      level: 'warning',
      message: `Could not cache the MTCNN weights: ${messageOf(error)}`,
      todo: `Make ${cacheDirectory} writable, or set FACEWRIGHT_CACHE to another directory.`,
    });
  });
  return { weights: fetched };
}

const defaultCache = (): string => process.env.FACEWRIGHT_CACHE || envPaths('facewright', { suffix: '' }).cache;

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'not found';
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error instanceof FacewrightError ? error.what : messageOf(error)}${cause}`;
}

async function fromPath(path: string, readNumbers: Published['read']): Promise<MtcnnWeights> {
  const info = await stat(path).catch((error: unknown) => {
    throw new FacewrightError({
      what: 'The file or directory of MTCNN weights does not exist.',
      where: path,
      todo: 'Fix the option "weights" of the detector "mtcnn", or remove it to download the weights.',
      cause: error,
    });
  });
  if (!info.isDirectory()) return readNumbers(await readChecked(path), path);
  const entries = await readdir(path);
  const name = KNOWN_FILES.find((file) => entries.includes(file));
  if (!name) throw new FacewrightError({ what: `The directory has none of ${KNOWN_FILES.join(', ')}.`, where: path });
  return readNumbers(await readChecked(join(path, name)), join(path, name));
}

/** The response body, with a short timeout for the first byte and a longer one for the rest. */
async function download(
  url: string,
  patience: number,
  emit: Emit | undefined,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const giveUp = new AbortController();
  const within = (ms: number): NodeJS.Timeout =>
    setTimeout(() => giveUp.abort(new Error(`no answer within ${ms / 1000} s`)), ms);
  let timer = within(patience);
  try {
    const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, giveUp.signal]) : giveUp.signal });
    if (!response.ok || !response.body) throw new Error(`the server returned status ${response.status}`);
    const total = Number(response.headers.get('content-length')) || undefined;
    const chunks: Uint8Array[] = [];
    let done = 0;
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = within(patience * 4);
      chunks.push(chunk as Uint8Array);
      done += (chunk as Uint8Array).length;
      emit?.('progress', { task: 'MTCNN weights', done, total, unit: 'bytes' });
    }
    return Buffer.concat(chunks);
  } finally {
    clearTimeout(timer);
  }
}

/** pip only downloads the wheel; nothing in it is run. */
async function fromPip(
  pip: readonly (readonly string[])[],
  signal: AbortSignal | undefined,
  { read: readNumbers, wheelSha256 }: Published,
): Promise<MtcnnWeights> {
  const directory = await mkdtemp(join(tmpdir(), 'facewright-'));
  try {
    const found = await runPip(
      [
        'download',
        '--no-deps',
        '--only-binary',
        ':all:',
        '--disable-pip-version-check',
        '--quiet',
        '--timeout',
        '10',
        '--retries',
        '1',
        '-d',
        directory,
        WHEEL,
      ],
      { ways: pip, signal, timeout: 120_000 },
    );
    if (!found) throw new Error('pip is not installed');
    const wheel = (await readdir(directory)).find((name) => name.endsWith('.whl'));
    if (!wheel) throw new Error('pip did not download a wheel');
    const bytes = await readChecked(join(directory, wheel));
    const sha256 = sha256Of(bytes);
    if (sha256 !== wheelSha256) throw new Error(`the wheel's SHA-256 is ${sha256}, not ${wheelSha256}`);
    return readNumbers(bytes, `the PyPI wheel ${WHEEL}`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
