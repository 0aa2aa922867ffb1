/**
 * A robust centre of a person's photos, which photos of others do not move: the mean of the photos that agree with the
 * one most others agree with.
 */
import { similarity, sumOf, unit, type Embeddings } from './embeddings.js';

export interface Centre {
  /** The photos it is computed from. */
  readonly core: ReadonlySet<number>;
  /** Sum of their embeddings. */
  readonly sum: Float64Array;
  /** Of length 1. */
  readonly vector: Float32Array;
}

/** Maximum number of photos to compare with each other; if there are more, an evenly spread selection. */
const MOST = 300;

/** `linked` is the similarity at or above which two photos agree. */
export function robustCentre(embeddings: Embeddings, photos: readonly number[], linked: number): Centre {
  const few = spread(photos, MOST);
  let best = { agree: -1, total: -Infinity, photo: photos[0] };
  for (const photo of few) {
    let [agree, total] = [0, 0];
    for (const other of few) {
      const score = similarity(embeddings, photo, embeddings, other);
      if (score >= linked) agree++;
      total += Math.max(score, 0);
    }
    if (agree > best.agree || (agree === best.agree && total > best.total)) best = { agree, total, photo };
  }
  let core = photos.filter((photo) => similarity(embeddings, best.photo, embeddings, photo) >= linked);
  let sum = sumOf(embeddings, core);
  for (let round = 0; round < 2; round++) {
    const own: Embeddings = { count: 1, size: embeddings.size, data: unit(sum) };
    const nearer = photos.filter((photo) => similarity(embeddings, photo, own, 0) >= linked);
    if (!nearer.length) break;
    core = nearer;
    sum = sumOf(embeddings, core);
  }
  return { core: new Set(core), sum, vector: unit(sum) };
}

/**
 * How similar a photo is to the rest of its person: its similarity to the centre of the core without it. `undefined` if
 * there is nothing else in the core.
 */
export function similarityToRest(embeddings: Embeddings, photo: number, { core, sum }: Centre): number | undefined {
  const inside = core.has(photo);
  if (core.size === (inside ? 1 : 0)) return undefined;
  const { size, data } = embeddings;
  const rest = inside ? sum.map((value, k) => value - data[photo * size + k]) : sum;
  return similarity(embeddings, photo, { count: 1, size, data: unit(rest) }, 0);
}

export function spread<T>(all: readonly T[], most: number): readonly T[] {
  return all.length <= most ? all : Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)]);
}
