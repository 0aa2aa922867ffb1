/**
 * Finds duplicate people: their centres are more similar than those of strangers, and so are their individual photos.
 */
import type { Random } from '@facewright/core';
import { spread, type Centre } from './centres.js';
import { embeddingsOf, similarity, type Embeddings } from './embeddings.js';
import { sampleImpostors, thresholdAt, thresholdOfOneIn } from './impostors.js';
import { findSimilar, type SearchOptions } from './search.js';
import type { Strangers } from './strangers.js';

export interface Group {
  readonly embeddings: Embeddings;
  /** Photos by person. */
  readonly people: readonly (readonly number[])[];
  readonly centres: readonly Centre[];
}

export interface SamePerson {
  /** Indexes of the centres, in `a` and in `b`. */
  readonly a: number;
  readonly b: number;
  /** Of the centres. */
  readonly similarity: number;
  /** Share of the pairs of their photos that reach the photo threshold. */
  readonly agreeing: number;
}

export interface SamePeopleOptions extends SearchOptions {
  /** Similarity at or above which two photos are the same person, at the chosen false accept rate. */
  readonly photoThreshold: number;
  readonly falseAcceptRate: number;
  /** Of group `a`. */
  readonly strangers: Strangers | undefined;
  readonly random: Random;
}

/** Maximum number of a person's photos to compare with those of another. */
const MOST = 20;
/** More than this share of the pairs of photos has to agree. */
const HALF = 0.5;

/** Within one group, or between two; most similar first. Compares every centre with every other. */
export async function findSamePeople(
  a: Group,
  b: Group | undefined,
  options: SamePeopleOptions,
): Promise<SamePerson[]> {
  const { photoThreshold, falseAcceptRate, strangers, random } = options;
  const [left, right] = [a, b ?? a].map(({ centres }) => embeddingsOf(centres.map(({ vector }) => vector)));
  const each = Array.from({ length: left.count }, (_, index) => [index]);
  const impostors = sampleImpostors(left, each, strangers, random);
  const pairs = b ? left.count * right.count : (left.count * (left.count - 1)) / 2;
  // among very many pairs even a small rate would be many people
  const least = impostors.length
    ? Math.max(thresholdAt(impostors, falseAcceptRate), thresholdOfOneIn(impostors, pairs))
    : photoThreshold;
  const found: SamePerson[] = [];
  const compare = (i: number, j: number, score: number): void => {
    if (isUnclear(a, i) || isUnclear(b ?? a, j)) return;
    const agreeing = agreement(a, i, b ?? a, j, photoThreshold);
    if (agreeing > HALF) found.push({ a: i, b: j, similarity: score, agreeing });
  };
  await findSimilar(left, b && right, new Float32Array(left.count).fill(least), compare, options);
  return found.sort((one, other) => other.similarity - one.similarity || one.a - other.a || one.b - other.b);
}

/** No two photos of the person agree, so nobody knows which of them is the person's. */
export const isUnclear = ({ people, centres }: Pick<Group, 'people' | 'centres'>, person: number): boolean =>
  people[person].length > 1 && centres[person].core.size < 2;

function agreement(a: Group, i: number, b: Group, j: number, threshold: number): number {
  const [own, others] = [spread([...a.centres[i].core], MOST), spread([...b.centres[j].core], MOST)];
  let agreeing = 0;
  for (const x of own)
    for (const y of others) if (similarity(a.embeddings, x, b.embeddings, y) >= threshold) agreeing++;
  return agreeing / Math.max(1, own.length * others.length);
}
