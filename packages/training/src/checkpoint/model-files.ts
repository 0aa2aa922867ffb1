/** A trained model on disk: `model.json`, which says what it is and how its images were aligned, and `weights.safetensors`. */
import {
  dataName,
  decodeSafetensors,
  encodeSafetensors,
  FacewrightError,
  messageOf,
  parseOptions,
  prefixed,
  stripPrefix,
  type DataName,
  type HostTensors,
  type Verification,
} from '@facewright/core';
import { join, readFile, whileLocked, writeFileAtomic, writeWholeDirectory } from '@facewright/platform';
import { z } from 'zod';
import { sha256 } from './digest.js';

const CARD = 'model.json';
const WEIGHTS = 'weights.safetensors';

const modelCard = z.object({
  format: z.literal(1),
  /** The model plugin and its options. */
  model: z.object({ name: dataName, options: z.unknown() }),
  /** Height and width in pixels. */
  inputSize: z.tuple([z.int().min(1), z.int().min(1)]),
  embeddingSize: z.int().min(1),
  /** How the images it was trained on were aligned; faces it is given must be aligned the same way. */
  alignment: z.object({
    fingerprint: z.string(),
    size: z.int().min(1),
    /** Of the detector whose points they were aligned by, where that is known. */
    detector: z.string().optional(),
  }),
  trained: z
    .object({
      identities: z.int(),
      images: z.int(),
      steps: z.int(),
      losses: z.array(z.string()),
      /** SHA-256 over who and what was trained on, and images in a step. */
      data: z.string().optional(),
      batch: z.int().optional(),
      /** As in the config, with defaults. */
      stages: z.array(z.looseObject({ loss: z.unknown(), optimiser: z.unknown() })).optional(),
    })
    .optional(),
  /** The file that the weights were imported from. */
  imported: z.object({ format: z.string(), file: z.string(), sha256: z.string(), how: z.string() }).optional(),
  /** How well it told people apart, and on what. */
  metrics: z
    .array(
      z.object({
        on: z.string(),
        pairs: z.int(),
        accuracy: z.number(),
        std: z.number(),
        tarAtFar: z.record(z.string(), z.number().nullable()),
        /** Cosine similarities of two photos from which they are called one person: the most accurate one, and one for each false accept rate. */
        threshold: z.number().optional(),
        thresholdAtFar: z.record(z.string(), z.number().nullable()).optional(),
      }),
    )
    .optional(),
  /** Of the photos it was trained on, and of its weights; in words, as the user gave them. */
  licences: z.object({ data: z.string().optional(), weights: z.string().optional() }).optional(),
});
export type ModelCard = z.infer<typeof modelCard>;
/** A card to be written: the model stands in it by its plugin's own name. */
export type NewModelCard = Omit<ModelCard, 'model'> & {
  readonly model: { readonly name: string | DataName; readonly options: unknown };
};
export type NewModelFiles = Omit<ModelFiles, 'card'> & { readonly card: NewModelCard };
export type ModelMetrics = NonNullable<ModelCard['metrics']>[number];

export interface ModelFiles {
  readonly card: ModelCard;
  readonly params: HostTensors;
  readonly statistics: HostTensors;
}

/** Whoever else writes to a model's directory is done in a moment. */
const WAIT_MS = 10_000;

/** Writes the directory whole, in place of an older model. */
export async function saveModel(directory: string, { card, params, statistics }: NewModelFiles): Promise<void> {
  const weights = encodeSafetensors(
    { ...prefixed('params', params), ...prefixed('statistics', statistics) },
    { format: 'facewright' },
  );
  const content = { ...card, weights: { file: WEIGHTS, bytes: weights.length, sha256: sha256(weights) } };
  await writeWholeDirectory(directory, { kind: 'model', marker: [CARD, WEIGHTS], wait: WAIT_MS }, async (aside) => {
    await writeFileAtomic(join(aside, WEIGHTS), weights);
    await writeFileAtomic(join(aside, CARD), `${JSON.stringify(content, null, 2)}\n`);
  });
}

/** Throws a `FacewrightError` where there is no model, or where one of its files is damaged. */
export async function loadModelFiles(directory: string): Promise<ModelFiles> {
  const path = join(directory, CARD);
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new FacewrightError({
      what: missing ? 'There is no trained model here.' : `model.json cannot be read: ${messageOf(error)}`,
      where: path,
      todo: 'Give the "model" directory that training writes.',
      cause: error,
    });
  }
  const { weights, ...card } = parseOptions(
    modelCard.extend({ weights: z.object({ file: z.literal(WEIGHTS), bytes: z.int(), sha256: z.string() }) }),
    content,
    path,
  );
  const file = join(directory, weights.file);
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new FacewrightError({ what: `The weights cannot be read: ${messageOf(error)}`, where: file, cause: error });
  });
  if (bytes.length !== weights.bytes || sha256(bytes) !== weights.sha256) {
    throw new FacewrightError({
      what: 'The weights do not match model.json: the file is damaged or has been replaced.',
      where: file,
      todo: 'Copy the whole model directory again.',
    });
  }
  const { tensors } = decodeSafetensors(bytes, file);
  return { card, params: stripPrefix('params', tensors), statistics: stripPrefix('statistics', tensors) };
}

/**
 * Of a verification, as a card holds them. `thresholds` is false where the pairs were not of single photos as they are: the thresholds of templates
 * and of mirrored photos are other ones.
 */
export const metricsOf = (
  { pairs, accuracy, std, tarAtFar, threshold, operatingPoints }: Verification,
  on: string,
  { thresholds = true } = {},
): ModelMetrics => ({
  on,
  pairs,
  accuracy,
  std,
  tarAtFar,
  ...(thresholds && {
    threshold,
    thresholdAtFar: Object.fromEntries(operatingPoints.map(({ far, threshold: at }) => [far, at])),
  }),
});

/** Adds figures to a model's card, replacing older ones on the same data. */
export async function recordMetrics(directory: string, metrics: ModelMetrics): Promise<void> {
  // evaluations at once would lose each other's figures
  await whileLocked(directory, { wait: WAIT_MS }, async () => {
    const { card } = await loadModelFiles(directory);
    const path = join(directory, CARD);
    const content = JSON.parse(await readFile(path, 'utf8')) as ModelCard;
    const others = (card.metrics ?? []).filter(({ on }) => on !== metrics.on);
    await writeFileAtomic(path, `${JSON.stringify({ ...content, metrics: [...others, metrics] }, null, 2)}\n`);
  });
}

/** Throws a `FacewrightError` if images were aligned differently from the model's training images: their embeddings would be silently bad. */
export function checkAlignment(
  { alignment }: Pick<ModelCard, 'alignment'>,
  images: { readonly fingerprint: string },
  where?: string,
): void {
  if (alignment.fingerprint === images.fingerprint) return;
  throw new FacewrightError({
    what: `The images are aligned as "${images.fingerprint}", but the model was trained on "${alignment.fingerprint}".`,
    where,
    todo: 'Prepare the photos with the aligner the model was trained with.',
  });
}
