/**
 * Photos that are not of the person they are filed under. Compares each photo's similarity to the rest of its person
 * with the similarities of photos to centres of other people. If more of the former are low than clean data would have,
 * this gives the share of wrong photos, and the threshold that minimises misjudgements in either direction (a local
 * false discovery rate of one half; Efron 2004). Above that threshold a photo is still wrong if it is no more like its
 * own person than a stranger and shows another one in the data.
 */
import type { Random } from '@facewright/core';
import { similarityToRest, type Centre } from './centres.js';
import { embeddingsOf, similarity, type Embeddings } from './embeddings.js';
import { thresholdAt, type Impostors } from './impostors.js';
import { isUnclear } from './same-people.js';
import { findSimilar, type SearchOptions } from './search.js';
import type { Strangers } from './strangers.js';

export interface WrongPhoto {
  readonly photo: number;
  /** To the rest of the person's photos. */
  readonly similarity: number;
  /** Another person in the data whom it shows, judged by the false accept rate. */
  readonly likely?: { readonly person: number; readonly similarity: number };
  /** Wrong photos of a person that show the same other person share a number. */
  readonly group?: number;
}

export interface WrongPhotos {
  readonly wrong: readonly WrongPhoto[];
  /** Photos of people with too few matching photos to say who they are. */
  readonly unclear: readonly number[];
  /** Photos below it count as wrong, whoever they show. */
  readonly threshold: number;
  /** Per photo: its similarity to the rest of its person; NaN if there is no rest. */
  readonly scores: Float64Array;
}

export interface WrongPhotosOptions extends SearchOptions {
  readonly embeddings: Embeddings;
  /** Photos by person. */
  readonly people: readonly (readonly number[])[];
  readonly centres: readonly Centre[];
  /** Similarity at or above which two photos agree. */
  readonly linked: number;
  readonly strangers: Strangers | undefined;
  readonly falseAcceptRate: number;
  readonly random: Random;
}

/** The share of strangers that are more similar to a person than a photo that may be wrong. */
const DOUBTFUL = 1e-3;

/** Number of other people that each photo is compared with. */
const OTHERS = 20;

export async function findWrongPhotos(options: WrongPhotosOptions): Promise<WrongPhotos> {
  const { embeddings, people, centres, falseAcceptRate, random } = options;
  const scores = new Float64Array(embeddings.count).fill(NaN);
  const unclear: number[] = [];
  const judged: number[] = [];
  people.forEach((photos, person) => {
    // of two different photos, either may be the wrong one
    if (isUnclear(options, person)) unclear.push(...photos);
    else
      for (const photo of photos) {
        scores[photo] = similarityToRest(embeddings, photo, centres[person]) ?? NaN;
        if (!Number.isNaN(scores[photo])) judged.push(photo);
      }
  });
  const strangers = toOthers(options, judged, random);
  const own = Float64Array.from(judged, (photo) => scores[photo]).sort();
  const threshold = strangers.length ? wrongBelow(own, strangers) : -1;
  const likelyFrom = strangers.length ? thresholdAt(strangers, falseAcceptRate) : 1;
  const doubtfulFrom = strangers.length ? Math.max(threshold, thresholdAt(strangers, DOUBTFUL)) : -1;
  const doubtful = judged.filter((photo) => scores[photo] < doubtfulFrom).sort((a, b) => scores[a] - scores[b]);
  const nearest = await nearestPeople(options, doubtful);
  const likely = new Map(
    doubtful.flatMap((photo, index) => {
      const other = nearest[index];
      return other && other.similarity >= likelyFrom ? [[photo, other] as const] : [];
    }),
  );
  const found = doubtful.filter((photo) => scores[photo] < threshold || likely.has(photo));
  const grouped = groupsOf(options, new Set(found));
  const wrong = found.map((photo): WrongPhoto => {
    const [shown, group] = [likely.get(photo), grouped.get(photo)];
    return {
      photo,
      similarity: scores[photo],
      ...(shown && { likely: shown }),
      ...(group !== undefined && { group }),
    };
  });
  return { wrong, unclear, threshold, scores };
}

/** Similarities of photos to the centres of people they are not filed under, in increasing order. */
function toOthers(options: WrongPhotosOptions, judged: readonly number[], random: Random): Impostors {
  const { embeddings, people, centres, strangers } = options;
  if (!strangers) return new Float64Array();
  const personOf = personOfPhoto(options);
  const scores = new Float64Array(judged.length * OTHERS);
  let found = 0;
  for (let draw = 0; draw < scores.length; draw++) {
    const photo = judged[Math.floor(draw / OTHERS)];
    const other = (personOf[photo] + 1 + random.integer(people.length - 1)) % people.length;
    if (strangers.include(personOf[photo], other))
      scores[found++] = similarity(embeddings, photo, vectorOf(centres[other]), 0);
  }
  return scores.slice(0, found).sort();
}

/** Quantile of strangers' scores: nearly all are below it, and hardly any photo of the person is. */
const MOST_STRANGERS = 0.9;

/**
 * Where the expected number of misjudged photos, good ones below and wrong ones above, is lowest. Both lists are
 * ascending.
 */
function wrongBelow(own: Float64Array, strangers: Impostors): number {
  const usual = strangers[Math.floor(MOST_STRANGERS * (strangers.length - 1))];
  const share = Math.min(1, below(own, usual) / own.length / MOST_STRANGERS);
  const most = thresholdAt(strangers, DOUBTFUL);
  let best = { cost: share, at: -1 };
  for (let i = 0; i < own.length && own[i] <= most; i++) {
    // the threshold may be anywhere below the next score
    const next = Math.min(most, own[i + 1] ?? most);
    const cost = (i + 1) / own.length - (2 * share * below(strangers, next)) / strangers.length + share;
    if (cost < best.cost) best = { cost, at: i };
  }
  if (best.at < 0) return -1;
  return (own[best.at] + Math.min(most, own[best.at + 1] ?? most)) / 2 + 1e-9;
}

/** How many elements of an ascending list are not above a value. */
function below(rising: Float64Array, value: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

const vectorOf = ({ vector }: Centre): Embeddings => ({ count: 1, size: vector.length, data: vector });

/** For each photo, the other person whose centre is most similar. */
async function nearestPeople(options: WrongPhotosOptions, photos: readonly number[]) {
  const { embeddings, people, centres } = options;
  const personOf = personOfPhoto(options);
  const row = (photo: number): Float32Array =>
    embeddings.data.subarray(photo * embeddings.size, (photo + 1) * embeddings.size);
  const best = new Array<{ person: number; similarity: number } | undefined>(photos.length).fill(undefined);
  const floors = new Float32Array(photos.length).fill(-Infinity);
  const compare = (index: number, person: number, score: number): void => {
    const known = best[index];
    const better = !known || score > known.similarity || (score === known.similarity && person < known.person);
    if (person === personOf[photos[index]] || !better) return;
    best[index] = { person, similarity: score };
    floors[index] = score;
  };
  const all = embeddingsOf(
    centres.map(({ vector }) => vector),
    embeddings.size,
  );
  if (people.length) await findSimilar(embeddingsOf(photos.map(row), embeddings.size), all, floors, compare, options);
  return best;
}

function personOfPhoto({ embeddings, people }: WrongPhotosOptions): Int32Array {
  const personOf = new Int32Array(embeddings.count);
  people.forEach((photos, person) => photos.forEach((photo) => (personOf[photo] = person)));
  return personOf;
}

/** Group numbers for wrong photos of one person that agree with each other. */
function groupsOf({ embeddings, people, linked }: WrongPhotosOptions, wrong: ReadonlySet<number>): Map<number, number> {
  const groups = new Map<number, number>();
  let next = 0;
  for (const photos of people) {
    const own = photos.filter((photo) => wrong.has(photo));
    for (const photo of own) {
      const like = own.filter((other) => other !== photo && similarity(embeddings, photo, embeddings, other) >= linked);
      if (groups.has(photo) || !like.length) continue;
      const known = like.map((other) => groups.get(other)).find((number) => number !== undefined);
      const number = known ?? next++;
      for (const member of [photo, ...like]) if (!groups.has(member)) groups.set(member, number);
    }
  }
  return groups;
}
