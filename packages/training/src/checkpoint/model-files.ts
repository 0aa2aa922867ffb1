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
  /** How the training images were aligned. Images given to the model must be aligned the same way. */
  alignment: z.object({
    fingerprint: z.string(),
    size: z.int().min(1),
    /** The detector whose landmarks were used, if known. */
    detector: z.string().optional(),
  }),
  trained: z
    .object({
      identities: z.int(),
      images: z.int(),
      steps: z.int(),
      losses: z.array(z.string()),
      /** SHA-256 of the training data, and images per step. */
      data: z.string().optional(),
      batch: z.int().optional(),
      /** As in the config, with defaults. */
      stages: z.array(z.looseObject({ loss: z.unknown(), optimiser: z.unknown() })).optional(),
    })
    .optional(),
  /** The file that the weights were imported from. */
  imported: z
    .object({
      format: z.string(),
      file: z.string(),
      sha256: z.string(),
      how: z.string(),
      /** How it was compared with the file's own graph, if the file has one. */
      check: z.object({ images: z.int(), on: z.string(), minimumCosine: z.number(), runtime: z.string() }).optional(),
    })
    .optional(),
  /** Verification results, and the data they were measured on. */
  metrics: z
    .array(
      z.object({
        on: z.string(),
        pairs: z.int(),
        accuracy: z.number(),
        std: z.number(),
        tarAtFar: z.record(z.string(), z.number().nullable()),
        /**
         * Cosine similarity thresholds above which two photos count as the same person: the most accurate one, and one
         * per false accept rate.
         */
        threshold: z.number().optional(),
        thresholdAtFar: z.record(z.string(), z.number().nullable()).optional(),
      }),
    )
    .optional(),
  /** Licences of the training photos and of the weights, as the user stated them. */
  licences: z.object({ data: z.string().optional(), weights: z.string().optional() }).optional(),
});
export type ModelCard = z.infer<typeof modelCard>;
/** A card to write. It names the model by its plugin's own name. */
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

/** Other writers of a model directory finish quickly. */
const WAIT_MS = 10_000;

/** Writes the complete directory, replacing an older model. */
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

const WITHOUT_CARD: Readonly<Record<string, string>> = {
  ENOENT: 'There is no trained model here.',
  ENOTDIR: 'This is a file, not the directory of a trained model.',
};

/** Throws a `FacewrightError` if there is no model, or one of its files is damaged. */
export async function loadModelFiles(directory: string): Promise<ModelFiles> {
  const path = join(directory, CARD);
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new FacewrightError({
      what: WITHOUT_CARD[code ?? ''] ?? `model.json cannot be read: ${messageOf(error)}`,
      where: code === 'ENOTDIR' ? directory : path,
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
 * A verification in the form a model card stores. `thresholds` is false unless the pairs were single, unmirrored
 * photos: templates and mirrored photos need other thresholds.
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

/** Adds metrics to a model card, replacing older ones on the same data. */
export async function recordMetrics(directory: string, metrics: ModelMetrics): Promise<void> {
  // concurrent evaluations would otherwise lose each other's metrics
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
