/**
 * Open-set identification: is a face of somebody enrolled, and of whom? In each of several draws, half of the people with two photos or more are
 * enrolled with one photo each; their other photos are probes that should be found, and all photos of everybody else are probes that should not.
 * Figures as in NIST FRVT 1:N (NISTIR 8271): a false positive is a probe of nobody enrolled whose best candidate reaches the threshold; a false
 * negative is a probe of somebody enrolled whose best candidate is another person, or stays below it.
 */
import {
  FacewrightError,
  permutation,
  type Identification,
  type IdentificationPoint,
  type Random,
} from '@facewright/core';
import { cosineSimilarity } from './embedder.js';

const FPIR_TARGETS = [1e-1, 1e-2, 1e-3];
const DRAWS = 5;

export interface NamedEmbedding {
  readonly identity: string;
  /** Of length 1. */
  readonly vector: Float32Array;
}

/** Throws a `FacewrightError` where there are too few people: two with two photos each are needed. */
export function identification(embeddings: readonly NamedEmbedding[], random: Random): Identification {
  const people = new Map<string, Float32Array[]>();
  for (const { identity, vector } of embeddings) {
    const own = people.get(identity);
    if (own) own.push(vector);
    else people.set(identity, [vector]);
  }
  const several = [...people].filter(([, vectors]) => vectors.length > 1).map(([name]) => name);
  if (several.length < 2)
    throw new FacewrightError({
      what: `Identification needs at least two people with two photos each; found ${several.length}.`,
      todo: 'Evaluate on a list that says who is shown (a folder a person, or templates with persons), with more photos.',
    });
  const draws = Array.from({ length: DRAWS }, (_, draw) => oneDraw(people, several, random.fork('identify', draw)));
  const rank1 = draws.map((draw) => draw.rank1);
  return {
    draws: DRAWS,
    enrolled: draws[0].enrolled,
    mated: mean(draws.map(({ mated }) => mated)),
    nonMated: mean(draws.map(({ nonMated }) => nonMated)),
    rank1: mean(rank1),
    rank1Std: Math.sqrt(mean(rank1.map((value) => (value - mean(rank1)) ** 2))),
    points: FPIR_TARGETS.map((fpir, index) => {
      const points = draws.map(({ points: own }) => own[index]);
      const known = points.every(({ threshold }) => threshold !== null);
      return {
        fpir,
        threshold: known ? mean(points.map(({ threshold }) => threshold!)) : null,
        fnir: known ? mean(points.map(({ fnir }) => fnir!)) : null,
      };
    }),
  };
}

interface Draw {
  readonly enrolled: number;
  readonly mated: number;
  readonly nonMated: number;
  readonly rank1: number;
  readonly points: readonly IdentificationPoint[];
}

function oneDraw(
  people: ReadonlyMap<string, readonly Float32Array[]>,
  several: readonly string[],
  random: Random,
): Draw {
  const order = permutation(several.length, random.fork('people'));
  const names = Array.from(order.slice(0, Math.ceil(several.length / 2)), (index) => several[index]);
  const photo = new Map(names.map((name) => [name, random.fork('photo', name).integer(people.get(name)!.length)]));
  const gallery = names.map((name) => people.get(name)![photo.get(name)!]);
  const mated: { readonly right: boolean; readonly score: number }[] = [];
  const others: number[] = [];
  for (const [name, vectors] of people)
    vectors.forEach((vector, index) => {
      if (photo.get(name) === index) return;
      const best = bestOf(gallery, vector);
      if (photo.has(name)) mated.push({ right: names[best.place] === name, score: best.score });
      else others.push(best.score);
    });
  others.sort((a, b) => b - a);
  return {
    enrolled: names.length,
    mated: mated.length,
    nonMated: others.length,
    rank1: mated.filter(({ right }) => right).length / mated.length,
    points: FPIR_TARGETS.map((fpir) => {
      const allowed = Math.floor(fpir * others.length + 1e-9);
      if (!allowed) return { fpir, threshold: null, fnir: null };
      // just above the first score that is one too many
      const threshold = others[allowed] === undefined ? -1 : others[allowed] + 1e-6;
      const missed = mated.filter(({ right, score }) => !right || score < threshold).length;
      return { fpir, threshold, fnir: missed / mated.length };
    }),
  };
}

function bestOf(gallery: readonly Float32Array[], vector: Float32Array): { place: number; score: number } {
  let [place, score] = [0, -Infinity];
  gallery.forEach((other, index) => {
    const own = cosineSimilarity(other, vector);
    if (own > score) [place, score] = [index, own];
  });
  return { place, score };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
