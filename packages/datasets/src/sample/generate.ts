/**
 * The generated sample: people drawn as vector faces, so that a whole run can be tried and tested without anyone's
 * photos. The five landmarks are known exactly and stored next to the images as a Trillion Pairs list.
 *
 *   <directory>/0000/0000.jpg …   one folder per person
 *   <directory>/landmarks.txt     path label x1 y1 … x5 y5; the label is the folder's name
 *   <directory>/sample.json       the options it was made with
 */
import { landmarkPoints, throwIfAborted, type Emit } from '@facewright/core';
import { createWholeDirectory, writeFileAtomic } from '@facewright/platform/node';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { drawPhoto } from './photo.js';
import { planSample } from './plan.js';

export interface SampleOptions {
  /** New, empty, or an older sample: one with the same options is reused, any other is replaced. */
  readonly directory: string;
  readonly seed?: number;
  readonly people: number;
  /** Photos per person, or for the person with this index. */
  readonly photos: number | ((person: number) => number);
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
}

export interface Sample {
  readonly directory: string;
  /** Path of the landmark list, for the `trillion-pairs` reader. */
  readonly list: string;
}

const RECORD = 'sample.json';
const LIST = 'landmarks.txt';
/** Increased whenever the same options give different pictures. */
const VERSION = 1;

/**
 * Draws the sample. The same seed gives the same bytes. The directory appears only when complete: an aborted or killed
 * run leaves none. Throws `Interrupted` on the signal, and a `FacewrightError` if the directory contains something
 * else.
 */
export async function generateSample({
  directory,
  seed = 1,
  people,
  photos,
  emit,
  signal,
}: SampleOptions): Promise<Sample> {
  const counts = Array.from({ length: people }, (_, index) => (typeof photos === 'number' ? photos : photos(index)));
  if (counts.length === 0 || !counts.every((count) => Number.isInteger(count) && count > 0))
    throw new RangeError('a sample needs people, and a whole number of photos above 0 of each');
  const path = resolve(directory);
  const sample = { directory: path, list: join(path, LIST) };
  const record = `${JSON.stringify({ format: 'facewright-sample', version: VERSION, seed, photos: counts })}\n`;
  if (await isThere(sample, record)) {
    emit?.('notice', { level: 'info', message: `Using the existing sample of ${people} people: ${path}` });
    return sample;
  }
  const place = await createWholeDirectory(path, { kind: 'sample', marker: RECORD });
  try {
    const lines = await drawAll(place.aside, seed, counts, emit, signal);
    await writeFileAtomic(join(place.aside, LIST), `${lines.join('\n')}\n`);
    await writeFileAtomic(join(place.aside, RECORD), record);
    await place.publish();
  } catch (error) {
    await place.discard();
    throw error;
  }
  return sample;
}

const isThere = async ({ directory, list }: Sample, record: string): Promise<boolean> =>
  (await readFile(join(directory, RECORD), 'utf8').catch(() => '')) === record &&
  stat(list).then(
    () => true,
    () => false,
  );

async function drawAll(
  directory: string,
  seed: number,
  counts: readonly number[],
  emit: Emit | undefined,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const lines: string[] = new Array<string>(total);
  const progress = createProgress(total, emit);
  const jobs = planSample(seed, counts);
  let begun = 0;

  const work = async (): Promise<void> => {
    for (const { id, identity, person, conditions, noise } of jobs) {
      const job = begun++;
      throwIfAborted(signal, 'drawing the sample');
      const { jpeg, landmarks } = await drawPhoto(person, conditions, noise);
      await mkdir(join(directory, identity), { recursive: true });
      await writeFile(join(directory, id), jpeg, { flush: true });
      lines[job] = `${id} ${identity} ${landmarkPoints(landmarks)
        .flat()
        .map((value) => value.toFixed(2))
        .join(' ')}`;
      progress();
    }
  };
  // if one fails, it ends the plan for the others; all must settle before the directory may be deleted
  const workers = Array.from({ length: availableParallelism() * 2 }, work);
  const rejected = (await Promise.allSettled(workers)).find((result) => result.status === 'rejected');
  if (rejected) throw rejected.reason;
  return lines;
}

function createProgress(total: number, emit: Emit | undefined): () => void {
  const started = performance.now();
  let done = 0;
  let told = started;
  return () => {
    done++;
    const now = performance.now();
    if (done < total && now - told < 200) return;
    told = now;
    emit?.('progress', {
      task: 'drawing the sample',
      done,
      total,
      unit: 'photos',
      perSecond: (done * 1000) / (now - started),
    });
  };
}
