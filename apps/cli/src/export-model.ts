/** Exports a trained model for other programs, after comparing it with the engine. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openOnnxModel } from '@facewright/backend-onnx';
import { exportOnnx } from '@facewright/backend-onnx/export';
import { wasm } from '@facewright/backend-wasm';
import {
  compareEmbeddings,
  EMBEDDINGS,
  graphModel,
  IMAGES,
  openGraphModel,
  publishedStep,
  type ImageLayout,
  type Parity,
  type PublishedStep,
} from '@facewright/convert';
import {
  createRunContainer,
  FacewrightError,
  hostTensor,
  pluginContext,
  type Engine,
  type HostTensor,
  type HostTensors,
  type Model,
  type RgbImage,
} from '@facewright/core';
import { writeFileAtomic, writeWholeDirectory } from '@facewright/platform/node';
import { createEmbedder, type NewModelCard, type NewModelFiles } from '@facewright/training';
import { handOff, HAND_OFF_FILES, type HandOff } from './hand-off.js';
import { cardText } from './card-text.js';
import type { ExportCard, ExportFormat } from './export-card.js';
import type { ParityImages } from './parity-images.js';
import { VERSION } from './versions.js';

export interface ExportOptions {
  readonly files: NewModelFiles;
  readonly model: Model;
  readonly engine: Engine;
  readonly format: ExportFormat;
  /** Output directory. */
  readonly out: string;
  /** Default: `nchw` for ONNX and `nhwc` for tfjs, the usual layout of each. */
  readonly layout?: ImageLayout;
  /** Of an ONNX file; default: `op`. */
  readonly prelu?: 'op' | 'convolutions';
  readonly comparison: ParityImages;
}

export interface Exported {
  readonly directory: string;
  readonly card: ExportCard;
}

/** An exported model in memory, and the program that its users will run it with. */
interface Candidate {
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly runtime: string;
  run(inputs: HostTensors): Promise<HostTensors>;
  close(): Promise<void>;
}

const CARD = 'card.json';
const README = 'README.md';

/**
 * Writes the complete directory, replacing an older export. Throws a `FacewrightError` and writes nothing if the
 * exported model disagrees with the engine, or if the directory contains anything but an export.
 */
export async function exportModel(options: ExportOptions): Promise<Exported> {
  const directory = resolve(options.out);
  await refuseOthersFiles(directory);
  let card: ExportCard | undefined;
  await writeWholeDirectory(directory, { kind: 'exported model', marker: CARD }, async (aside) => {
    card = await exportInto(aside, directory, options);
  });
  return { directory, card: card! };
}

/** Replacing an older export deletes everything in its directory, so that may only contain an export's own files. */
async function refuseOthersFiles(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => [] as string[]);
  if (!names.includes(CARD)) return; // empty, or not an export: checked when the directory is written
  const files = await exportedFiles(join(directory, CARD));
  const other = names.find((name) => !files.includes(name));
  if (other === undefined) return;
  throw new FacewrightError({
    what: `There are other files next to an exported model here ("${other}"), which an export would remove.`,
    where: directory,
    todo: 'Choose another directory.',
  });
}

async function exportedFiles(card: string): Promise<string[]> {
  const text = await readFile(card, 'utf8').catch(() => '{}');
  try {
    const { export: { files = {} } = {} } = JSON.parse(text) as Partial<ExportCard>;
    return [CARD, README, ...HAND_OFF_FILES, ...Object.keys(files)];
  } catch {
    return [CARD, README];
  }
}

async function exportInto(
  aside: string,
  directory: string,
  { files, model, engine, format, layout = format === 'onnx' ? 'nchw' : 'nhwc', prelu, comparison }: ExportOptions,
): Promise<ExportCard> {
  const published = publishedStep(model, files, layout);
  const facts = factsOf(files.card, model, published, layout);
  const candidate = await (format === 'onnx'
    ? onnxCandidate(published, facts, { where: directory, prelu })
    : tfjsCandidate(published, facts));
  let parity: Parity;
  let handed: HandOff | undefined;
  try {
    const embedder = createEmbedder({ engine, model, params: files.params, statistics: files.statistics });
    const own = await embedder.embed(comparison.images);
    handed = await handOff(files.card, { format, layout }, (images) => embedder.embed(images));
    embedder.dispose();
    parity = compareEmbeddings(own, await exportedEmbeddings(candidate, comparison.images, layout), directory);
  } finally {
    await candidate.close();
  }
  const card: ExportCard = {
    ...files.card,
    export: {
      format,
      facewright: VERSION,
      files: Object.fromEntries(
        Object.entries(candidate.files).map(([name, bytes]) => [
          name,
          { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
        ]),
      ),
      input: facts.input,
      output: facts.output,
      parity: {
        ...parity,
        on: comparison.from,
        engine: `${engine.name}: ${engine.device}`,
        runtime: candidate.runtime,
      },
    },
  };
  for (const [name, bytes] of Object.entries(candidate.files)) await writeFileAtomic(join(aside, name), bytes);
  for (const [name, bytes] of Object.entries(handed?.files ?? {})) await writeFileAtomic(join(aside, name), bytes);
  await writeFileAtomic(join(aside, README), cardText(card, layout, handed));
  await writeFileAtomic(join(aside, CARD), `${JSON.stringify(card, null, 2)}\n`);
  return card;
}

interface Facts {
  readonly input: {
    readonly name: string;
    readonly shape: readonly (string | number)[];
    readonly dtype: string;
    readonly values: string;
    readonly alignment: string;
  };
  readonly output: {
    readonly name: string;
    readonly shape: readonly (string | number)[];
    readonly dtype: string;
    readonly values: string;
  };
  /** Flat, for formats that store text by key. */
  readonly metadata: Readonly<Record<string, string>>;
}

function factsOf(card: NewModelCard, model: Model, { shape }: PublishedStep, layout: ImageLayout): Facts {
  const input = {
    name: IMAGES,
    shape: ['batch', ...shape(1).slice(1)],
    dtype: 'float32',
    values: `RGB from 0 to 255 (${layout.toUpperCase()}); normalised inside the model`,
    alignment: card.alignment.fingerprint,
  };
  const output = {
    name: EMBEDDINGS,
    shape: ['batch', model.embeddingSize],
    dtype: 'float32',
    values: 'of length 1: the dot product of two is their cosine',
  };
  const { offset, scale } = model.inputScale ?? { offset: 127.5, scale: 1 / 127.5 };
  const metadata = {
    'facewright.model': JSON.stringify(card.model),
    'facewright.alignment': card.alignment.fingerprint,
    'facewright.alignment_size': String(card.alignment.size),
    'facewright.input': input.values,
    'facewright.normalisation': `(v - ${JSON.stringify(offset)}) * ${JSON.stringify(scale)}, inside the model`,
    'facewright.output': output.values,
    'facewright.version': VERSION,
    ...(card.trained && { 'facewright.trained': JSON.stringify(card.trained) }),
    ...(card.imported && { 'facewright.imported': JSON.stringify(card.imported) }),
    ...(card.metrics && { 'facewright.metrics': JSON.stringify(card.metrics) }),
    ...(card.licences && { 'facewright.licences': JSON.stringify(card.licences) }),
  };
  return { input, output, metadata };
}

async function onnxCandidate(
  { step, state, shape }: PublishedStep,
  { input, output, metadata }: Facts,
  { where, prelu }: { readonly where: string; readonly prelu?: 'op' | 'convolutions' },
): Promise<Candidate> {
  const batch = { 0: 'batch' };
  const bytes = exportOnnx(step, {
    name: 'facewright',
    state,
    inputs: { [IMAGES]: { shape: shape(1), dtype: 'float32' } },
    axisNames: { [IMAGES]: batch, [EMBEDDINGS]: batch },
    metadata,
    descriptions: { [IMAGES]: `Aligned faces: ${input.values}.`, [EMBEDDINGS]: `Embeddings ${output.values}.` },
    description: 'Face embeddings, exported by facewright.',
    prelu,
  });
  const session = await openOnnxModel(bytes, where);
  return {
    files: { 'model.onnx': bytes },
    runtime: session.device,
    run: (inputs) => session.run(inputs),
    close: () => session.dispose(),
  };
}

/** The tfjs name of the `wasm` engine. */
const TFJS_WASM = 'wasm';

async function tfjsCandidate({ step, state, shape }: PublishedStep, { metadata }: Facts): Promise<Candidate> {
  const written = graphModel(step, {
    name: 'facewright',
    state,
    inputs: (batch) => ({ [IMAGES]: shape(batch) }),
    metadata,
    weightsFile: 'weights.bin',
  });
  const engine = await (await wasm().create(pluginContext(createRunContainer(), 'export'))).open();
  const executable = await openGraphModel(written, engine, TFJS_WASM);
  return {
    files: { 'model.json': new TextEncoder().encode(JSON.stringify(written.model)), 'weights.bin': written.weights },
    runtime: `tfjs-converter on ${engine.device}`,
    run: (inputs) => executable.run(inputs),
    close: async () => {
      executable.dispose();
      await engine.dispose();
    },
  };
}

const BATCH = 8;

async function exportedEmbeddings(
  candidate: Candidate,
  images: readonly RgbImage[],
  layout: ImageLayout,
): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (let first = 0; first < images.length; first += BATCH) {
    const part = images.slice(first, first + BATCH);
    const { [EMBEDDINGS]: found } = await candidate.run({ [IMAGES]: pixels(part, layout) });
    if (found?.shape[0] !== part.length)
      throw new FacewrightError({
        what: `The exported model returned ${found?.shape[0] ?? 'no'} embeddings for ${part.length} images. Nothing was written.`,
      });
    const size = found.shape[1];
    part.forEach((_, index) => vectors.push((found.data as Float32Array).slice(index * size, (index + 1) * size)));
  }
  return vectors;
}

function pixels(images: readonly RgbImage[], layout: ImageLayout): HostTensor {
  const [{ width, height }] = images;
  const area = width * height;
  const data = new Float32Array(images.length * area * 3);
  images.forEach((image, index) => {
    for (let i = 0; i < area * 3; i++)
      data[index * area * 3 + (layout === 'nhwc' ? i : (i % 3) * area + Math.floor(i / 3))] = image.data[i];
  });
  return hostTensor(layout === 'nhwc' ? [images.length, height, width, 3] : [images.length, 3, height, width], data);
}
