/** Finds problems in a dataset of faces from their embeddings, as lists. Changes nothing. */
import type { Landmarks, Random } from '@facewright/core';
import { robustCentre } from './centres.js';
import { findDuplicates, type Duplicate, type LookedAt } from './duplicates.js';
import { embeddingsOf } from './embeddings.js';
import { sampleImpostors, thresholdAt } from './impostors.js';
import { findPoorPhotos, type PoorLimits, type PoorPhoto } from './poor-photos.js';
import { findSamePeople, type Group, type SamePerson } from './same-people.js';
import type { SearchOptions } from './search.js';
import { findStrangers } from './strangers.js';
import { findWrongPhotos, type WrongPhotos } from './wrong-photos.js';

export interface FacePhoto extends LookedAt {
  /** Of length 1. */
  readonly embedding: Float32Array;
  readonly person: string;
  /** In the source photo. */
  readonly landmarks?: Landmarks;
  /** Of the model's output before it was divided by its length. */
  readonly embeddingLength?: number;
}

/** With an engine, many people are compared in blocks. */
export interface FindOptions extends Omit<SearchOptions, 'progress'> {
  /** People or pictures that have been compared with all others. */
  progress?(done: number, total: number, what: 'people' | 'pictures'): void;
  /** People of a benchmark to look for in the data. */
  readonly benchmark?: readonly Pick<FacePhoto, 'embedding' | 'person'>[];
  /** For two photos; default 1e-4. */
  readonly falseAcceptRate?: number;
  readonly poor?: PoorLimits;
  readonly random: Random;
}

/** Photos are indexes into the given list, people indexes into `people`. */
export interface Problems extends WrongPhotos {
  readonly people: readonly string[];
  readonly samePeople: readonly SamePerson[];
  readonly duplicates: readonly Duplicate[];
  /** `a` is one of `people`, `b` one of `benchmarkPeople`. */
  readonly overlap: readonly SamePerson[];
  readonly benchmarkPeople: readonly string[];
  readonly poor: readonly PoorPhoto[];
  /** Similarity at or above which two photos count as the same person, for the given false accept rate. */
  readonly photoThreshold: number;
}

/** Two photos of a person agree above the score that one in a hundred pairs of strangers reaches. */
const LINKED = 1e-2;

/**
 * A single photo says less than the centre of several, so photos are compared at this many times the centres' false
 * accept rate.
 */
const CONFIRM = 10;

export async function findProblems(photos: readonly FacePhoto[], options: FindOptions): Promise<Problems> {
  const { falseAcceptRate = 1e-4, random, benchmark = [], poor } = options;
  const embeddings = embeddingsOf(photos.map(({ embedding }) => embedding));
  const { names, members } = peopleOf(photos);
  const strangers = findStrangers(embeddings, members);
  const impostors = sampleImpostors(embeddings, members, strangers, random.fork('strangers'));
  const linked = impostors.length ? thresholdAt(impostors, LINKED) : 0;
  const photoThreshold = impostors.length ? thresholdAt(impostors, falseAcceptRate) : 1;
  const group = (people: readonly (readonly number[])[], all = embeddings): Group => ({
    embeddings: all,
    people,
    centres: people.map((own) => robustCentre(all, own, linked)),
  });
  const own = group(members);
  const { engine, signal } = options;
  const wrong = await findWrongPhotos({
    engine,
    signal,
    embeddings,
    people: members,
    centres: own.centres,
    linked,
    strangers,
    falseAcceptRate,
    random: random.fork('wrong'),
  });
  const confirm = impostors.length ? thresholdAt(impostors, CONFIRM * falseAcceptRate) : 1;
  const report = (what: 'people' | 'pictures') => (done: number, total: number) =>
    options.progress?.(done, total, what);
  const compare = {
    ...{ engine, signal, strangers, falseAcceptRate, photoThreshold: confirm, random: random.fork('people') },
    progress: report('people'),
  };
  const others = peopleOf(benchmark);
  const against = embeddingsOf(
    benchmark.map(({ embedding }) => embedding),
    embeddings.size,
  );
  return {
    ...wrong,
    people: names,
    samePeople: await findSamePeople(own, undefined, compare),
    duplicates: await findDuplicates(photos, embeddings, { signal, progress: report('pictures') }),
    overlap: benchmark.length ? await findSamePeople(own, group(others.members, against), compare) : [],
    benchmarkPeople: others.names,
    poor: findPoorPhotos(photos, poor),
    photoThreshold,
  };
}

function peopleOf(photos: readonly Pick<FacePhoto, 'person'>[]): { names: string[]; members: number[][] } {
  const people = new Map<string, number[]>();
  photos.forEach(({ person }, index) => {
    const known = people.get(person);
    if (known) known.push(index);
    else people.set(person, [index]);
  });
  return { names: [...people.keys()], members: [...people.values()] };
}
