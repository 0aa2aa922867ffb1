/**
 * The preparation: photos by identity → tier → pick → decode → faces → alignment → augmenters → the dataset's writer. What is written, and
 * in which order, depends on the photos, the options and the seed alone; decoding runs ahead of the detector, on sharp's threads.
 */
import {
  FacewrightError, throwIfAborted,
  type Aligner, type DatasetWriter, type Detector, type Emit, type Identity, type PreparationSummary, type Random, type Reader,
} from '@facewright/core';
import { alignPhoto, decodePhoto, excluded, type AlignedFace, type Decoded, type FacesPolicy } from './photo.js';
import { prefetched } from './prefetch.js';
import { Tally } from './tally.js';
import { pickPhotos, tierFor, type Tier } from './tiers.js';

export interface PrepareOptions {
  /** Read twice: counted first, for the remaining time and for an early end where too few people are there. */
  readonly reader: Reader;
  /**
   * Missing: only photos that bring landmarks, or are aligned, can be used. A function is called when the first photo needs a detector, so
   * that none is opened for datasets with landmarks.
   */
  readonly detector?: Detector | (() => Promise<Detector | undefined>);
  readonly aligner: Aligner;
  /** In the order they are tried. */
  readonly tiers: readonly Tier[];
  readonly faces: FacesPolicy;
  /** Finished, or aborted when the preparation fails. */
  readonly writer: DatasetWriter;
  /** The preparation's own stream; forked by identity, photo and augmenter. */
  readonly random: Random;
  /** Recorded in the summary. */
  readonly seed: number;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  /** Where the writer writes, for the event `prepare.finished`; without it that event is left to the caller. */
  readonly directory?: string;
}

/** Photos decoded ahead of the one in work. */
const PREFETCH = 3;
const PROGRESS_MS = 250;

/**
 * Prepares the dataset. Throws a `FacewrightError` where fewer than two people are left, and `Interrupted` once the signal is set; a photo
 * that cannot be used is counted and listed, never thrown.
 */
export async function prepare(options: PrepareOptions): Promise<PreparationSummary> {
  const { reader, writer, tiers, emit, signal, aligner, seed } = options;
  try {
    const started = performance.now();
    const expected = await count(reader, tiers, signal);
    const detector = once(options.detector);
    const tally = new Tally(tiers.map(({ rule }) => rule.name), emit);
    const progress = throttledProgress(emit, expected.photos, tally);

    for await (const { person, tier, photos } of people(options, tally)) {
      let kept = 0;
      for await (const decoded of photos) {
        throwIfAborted(signal, decoded.photo.id);
        if ('image' in decoded) tally.opened++;
        const outcome = 'image' in decoded ? await alignPhoto(decoded, { aligner, detector: detector.get, faces: options.faces }) : decoded;
        if ('exclusion' in outcome) {
          tally.exclude(outcome.exclusion);
        } else {
          tally.keep(tier.rule.name, await write(options, person, decoded.photo.id, outcome.faces, tier));
          kept++;
        }
        progress(false);
      }
      if (kept > 0) tally.keepIdentity(tier.rule.name);
      else emit('notice', { level: 'warning', message: `None of the ${person.photos.length} photos of “${person.name}” could be used.` });
    }
    progress(true);
    throwIfAborted(signal, 'preparation');
    if (tally.identities < 2) throw tooFew(tally.identities, tally.reasons);

    const seconds = (performance.now() - started) / 1000;
    const summary = tally.summary({ alignment: { fingerprint: aligner.fingerprint, size: aligner.size, ...detector.used() }, seed, seconds });
    await writer.finish(summary);
    if (options.directory !== undefined) {
      const { exclusions: _, ...counts } = summary;
      emit('prepare.finished', { summary: counts, directory: options.directory, photosPerSecond: tally.opened / seconds });
    }
    return summary;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** A first pass over the names: ends at once where no amount of detection would leave two people. */
async function count(reader: Reader, tiers: readonly Tier[], signal: AbortSignal | undefined): Promise<{ photos: number }> {
  let photos = 0;
  let enough = 0;
  let identities = 0;
  for await (const identity of reader.identities()) {
    throwIfAborted(signal, 'counting photos');
    identities++;
    photos += identity.photos.length;
    if (tierFor(tiers, identity.photos.length)) enough++;
  }
  if (enough >= 2) return { photos };
  const least = Math.min(...tiers.map(({ rule }) => rule.above)) + 1;
  throw new FacewrightError({
    what: `Fewer than two people have enough photos: ${enough} of ${identities}, with ${photos} ${photos === 1 ? 'photo' : 'photos'} in all; ${least} photos of a person are the least.`,
    todo: 'Add photos, or lower "above" of the last rule under "tiers" in the config.',
  });
}

/** The identities that a tier keeps, each with its photos decoded ahead; the other photos are excluded on the way. */
async function* people({ reader, tiers, random }: PrepareOptions, tally: Tally): AsyncGenerator<{ person: Identity; tier: Tier; photos: AsyncIterable<Decoded> }> {
  for await (const person of reader.identities()) {
    const tier = tierFor(tiers, person.photos.length);
    if (!tier) {
      for (const photo of person.photos) tally.exclude(excluded(photo, 'too-few-photos', `${person.photos.length} of this person`).exclusion);
      continue;
    }
    const { picked, left } = pickPhotos(person, tier.rule, random);
    for (const photo of left) tally.exclude(excluded(photo, 'not-picked').exclusion);
    yield { person, tier, photos: prefetched(picked, PREFETCH, decodePhoto) };
  }
}

/** Each face, and after it one image an augmenter; returns how many. */
async function write({ writer, random }: PrepareOptions, { name: identity }: Identity, source: string, faces: readonly AlignedFace[], { augmenters }: Tier): Promise<number> {
  for (const [index, { image, landmarks }] of faces.entries()) {
    const sample = { identity, source, ...(landmarks && { landmarks }) };
    await writer.add({ ...sample, kind: 'original' }, image);
    for (const { name, augmenter } of augmenters) {
      const stream = random.fork(identity, source, name);
      await writer.add({ ...sample, kind: name }, augmenter.augment(image, index === 0 ? stream : stream.fork(index)));
    }
  }
  return faces.length * (1 + augmenters.length);
}

/** The detector, made at most once; `used` tells what the summary records of it. */
function once(detector: PrepareOptions['detector']): { get: () => Promise<Detector | undefined>; used: () => { detector?: string } } {
  let made: Promise<Detector | undefined> | undefined;
  let opened: Detector | undefined;
  return {
    async get() {
      made ??= typeof detector === 'function' ? detector() : Promise.resolve(detector);
      return (opened = await made);
    },
    used: () => (opened?.fingerprint === undefined ? {} : { detector: opened.fingerprint }),
  };
}

function throttledProgress(emit: Emit, total: number, tally: Tally): (last: boolean) => void {
  const started = performance.now();
  let told = -Infinity;
  return (last) => {
    const now = performance.now();
    if (!last && now - told < PROGRESS_MS) return;
    told = now;
    const seconds = (now - started) / 1000;
    emit('progress', { task: 'prepare', done: tally.photos, total, unit: 'photos', ...(seconds > 0 && { perSecond: tally.opened / seconds }) });
  };
}

function tooFew(left: number, reasons: Readonly<Record<string, number>>): FacewrightError {
  const why = Object.entries(reasons).sort(([, a], [, b]) => b - a).map(([reason, photos]) => `${photos} × ${reason}`);
  return new FacewrightError({
    what: `Fewer than two people are left after preparation: ${left}. Photos left out: ${why.join(', ')}.`,
    todo: 'Look at the listed photos; keep more faces with "faces": "largest", add photos, or give landmarks.',
  });
}
