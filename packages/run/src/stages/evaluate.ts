/** Evaluates a model: embeds the images of the pairs, scores the pairs, and selects the worst ones. */
import {
  FacewrightError,
  throwIfAborted,
  type Dataset,
  type Emit,
  type Identification,
  type PeopleMap,
  type Random,
  type RgbImage,
  type Verification,
} from '@facewright/core';
import { oneAhead } from '@facewright/platform';
import { mapPeople } from '@facewright/report';
import {
  cosineSimilarity,
  createImageStore,
  identification,
  meanEmbedding,
  verify,
  type Embedder,
} from '@facewright/training';
import { pairsOfDataset, type PairSet, type Subject } from './pair-sets.js';

const BATCH = 32;
/** Per kind. */
const WORST = 12;

export interface WorstPair<Key> {
  readonly a: Subject<Key>;
  readonly b: Subject<Key>;
  readonly same: boolean;
  readonly score: number;
  /** On the wrong side of the threshold: a false accept or a false reject. */
  readonly wrong: boolean;
}

export interface ScoreSummary {
  readonly pairs: number;
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
}

export interface Evaluation<Key> {
  /** `undefined` if the pairs are all of one kind, or too few for two folds. Only the scores are meaningful then. */
  readonly verification?: Verification;
  /** `null`: no such pairs. */
  readonly scores: { readonly same: ScoreSummary | null; readonly different: ScoreSummary | null };
  /** The different pairs with the highest scores and the same pairs with the lowest, worst first. */
  readonly worst: readonly WorstPair<Key>[];
  readonly people?: PeopleMap;
  readonly identification?: Identification;
  /** Number of images embedded. */
  readonly images: number;
  /** The pairs compared, by index into the set, and their cosine similarities. */
  readonly compared: { readonly pairs: Uint32Array; readonly scores: Float64Array };
}

export interface EvaluateOptions<Key> {
  /**
   * Aligned images in this order, `undefined` for one that cannot be used. Pairs with no image left are dropped. Called for
   * the next images while the last ones are embedded, but not before its last call has ended.
   */
  readonly read: (keys: readonly Key[]) => Promise<readonly (RgbImage | undefined)[]>;
  /** Also measures identification. */
  readonly identify?: boolean;
  /** Used to lay out the map of people. */
  readonly random: Random;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** No pair has both its images. Whoever reads the images knows why. */
export class NothingToCompare extends FacewrightError {}

/** Throws a `NothingToCompare` error where no pair has both its images. */
export async function evaluate<Key>(
  embedder: Pick<Embedder, 'embed'>,
  set: PairSet<Key>,
  options: EvaluateOptions<Key>,
): Promise<Evaluation<Key>> {
  const { subjects, a, b, same, fold } = set;
  const byImage = await embedAll([...new Set(subjects.flatMap(({ images }) => images))], embedder, options);
  const vectors = subjects.map(({ images }): Float32Array | undefined => {
    const own = images.flatMap((key) => byImage.get(key) ?? []);
    return own.length > 1 ? meanEmbedding(own) : own[0];
  });
  const pairs = Uint32Array.from({ length: a.length }, (_, pair) => pair).filter(
    (pair) => vectors[a[pair]] && vectors[b[pair]],
  );
  if (!pairs.length) {
    throw new NothingToCompare({
      what: `None of the ${a.length} pairs can be compared: ${byImage.size ? 'no pair has both its images' : 'no image can be used'}.`,
      todo: 'Check the reasons. Do the images belong to these pairs? Are they aligned faces, or photos that show a face?',
    });
  }
  const scores = Float64Array.from(pairs, (pair) => cosineSimilarity(vectors[a[pair]]!, vectors[b[pair]]!));
  const kinds = Uint8Array.from(pairs, (pair) => (same[pair] ? 1 : 0));
  const folds = Uint32Array.from(pairs, (pair) => fold[pair]);
  const whole = kinds.includes(1) && kinds.includes(0) && folds.some((one) => one !== folds[0]);
  const verification = whole ? verify(scores, kinds, { folds, skipped: a.length - pairs.length }) : undefined;
  const worst = [0, 1].flatMap((kind) =>
    worstOf(scores, kinds, kind).map((at): WorstPair<Key> => ({
      a: subjects[a[pairs[at]]],
      b: subjects[b[pairs[at]]],
      same: kind === 1,
      score: scores[at],
      wrong: verification !== undefined && scores[at] >= verification.threshold !== (kind === 1),
    })),
  );
  const named = subjects.flatMap(({ person, images }) =>
    person === undefined
      ? []
      : images.flatMap((key) => (byImage.has(key) ? [{ identity: person, vector: byImage.get(key)! }] : [])),
  );
  return {
    verification,
    scores: { same: summary(scores, kinds, 1), different: summary(scores, kinds, 0) },
    worst,
    people: mapPeople(named, options.random),
    ...(options.identify && { identification: identification(named, options.random.fork('identify')) }),
    images: byImage.size,
    compared: { pairs, scores },
  };
}

/** An evaluation, with the data its pictures are made from. */
export interface DrawnEvaluation {
  readonly set: PairSet<number>;
  /** Number of people compared. */
  readonly identities: number;
  readonly evaluation: Evaluation<number> & { readonly verification: Verification };
  readonly read: (sample: number) => Promise<RgbImage | undefined>;
}

/**
 * Evaluates on pairs of original images of these people; `undefined` with a notice if they give fewer than two pairs of
 * each kind.
 */
export async function evaluateDrawn(
  embedder: Pick<Embedder, 'embed' | 'inputSize'>,
  dataset: Dataset,
  identities: readonly string[],
  count: number,
  random: Random,
  { emit, signal, identify }: Pick<EvaluateOptions<number>, 'emit' | 'signal' | 'identify'>,
): Promise<DrawnEvaluation | undefined> {
  const set = pairsOfDataset(dataset, identities, count, random);
  const read = (sample: number): Promise<RgbImage> => dataset.read(sample);
  const evaluation = set.a.length
    ? await withImages(dataset, embedder, set.subjects.length, (images) =>
        evaluate(embedder, set, { read: images, random: random.fork('map'), emit, signal, identify }),
      )
    : undefined;
  if (evaluation?.verification) {
    const compared = new Set(set.subjects.map(({ person }) => person)).size;
    return { set, identities: compared, evaluation: { ...evaluation, verification: evaluation.verification }, read };
  }
  emit('notice', {
    level: 'warning',
    message: `The people held out of training, ${identities.length} in all, have too few photos to form pairs, so the model is not verified on them.`,
    todo: 'Hold out more people ("heldOut"), or provide more photos.',
  });
  return undefined;
}

/** Fewer are read before threads to read them would have started. */
const FEW = 512;

/** Reads the images of a dataset as training does, at the size of the model's input. */
async function withImages<T>(
  dataset: Dataset,
  { inputSize }: Pick<Embedder, 'inputSize'>,
  count: number,
  use: (read: EvaluateOptions<number>['read']) => Promise<T>,
): Promise<T> {
  const [height, width] = inputSize;
  const bytesEach = height * width * 3;
  const store = createImageStore(dataset, { inputSize }, { count, cacheBytes: FEW * bytesEach });
  try {
    return await use(async (samples) => {
      const pixels = await store.read(samples);
      return samples.map((_, index) => ({
        width,
        height,
        data: pixels.subarray(index * bytesEach, (index + 1) * bytesEach),
      }));
    });
  } finally {
    await store.close();
  }
}

/** Indexes of the pairs of a kind with the worst scores; 1: same. */
function worstOf(scores: Float64Array, kinds: Uint8Array, kind: number): number[] {
  const sign = kind === 1 ? 1 : -1;
  const found: number[] = [];
  for (let at = 0; at < scores.length; at++) {
    if (kinds[at] !== kind || (found.length === WORST && sign * scores[at] >= sign * scores[found[WORST - 1]]))
      continue;
    const place = found.findIndex((other) => sign * scores[other] > sign * scores[at]);
    found.splice(place < 0 ? found.length : place, 0, at);
    found.length = Math.min(found.length, WORST);
  }
  return found;
}

function summary(scores: Float64Array, kinds: Uint8Array, kind: number): ScoreSummary | null {
  const own = scores.filter((_, at) => kinds[at] === kind);
  if (!own.length) return null;
  const mean = own.reduce((sum, score) => sum + score, 0) / own.length;
  const std = Math.sqrt(own.reduce((sum, score) => sum + (score - mean) ** 2, 0) / own.length);
  return {
    pairs: own.length,
    mean,
    std,
    min: own.reduce((least, score) => Math.min(least, score), 1),
    max: own.reduce((most, score) => Math.max(most, score), -1),
  };
}

async function embedAll<Key>(
  keys: readonly Key[],
  embedder: Pick<Embedder, 'embed'>,
  { read, emit, signal }: EvaluateOptions<Key>,
): Promise<Map<Key, Float32Array>> {
  const vectors = new Map<Key, Float32Array>();
  async function* parts() {
    for (let first = 0; first < keys.length; first += BATCH) {
      const part = keys.slice(first, first + BATCH);
      yield { part, images: await read(part) };
    }
  }
  let done = 0;
  for await (const { part, images } of oneAhead(parts())) {
    throwIfAborted(signal, 'evaluation');
    const usable = part.flatMap((key, index) => {
      const image = images[index];
      return image ? [{ key, image }] : [];
    });
    const embedded = await embedder.embed(usable.map(({ image }) => image));
    usable.forEach(({ key }, index) => vectors.set(key, embedded[index]));
    done += part.length;
    emit('progress', { task: 'evaluate', done, total: keys.length, unit: 'images' });
  }
  return vectors;
}
