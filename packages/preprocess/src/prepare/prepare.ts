/**
 * The preparation: photos by identity → tier → pick → decode → faces → alignment → augmenters → encoding → the dataset's writer. What is
 * written, and in which order, depends on the photos, the options and the seed alone, not on the number of worker threads. A bounded number
 * of photos is under way at a time; a photo's images are written at once, and a killed preparation goes on after the last whole shard.
 */
import {
  FacewrightError,
  Interrupted,
  throwIfAborted,
  type Aligner,
  type DatasetWriter,
  type Detector,
  type Emit,
  type Exclusion,
  type Photo,
  type PreparationSummary,
  type Random,
  type Reader,
  type ResumableWriter,
} from '@facewright/core';
import type { DecodeLimits } from '@facewright/platform';
import { encodingFor, openWorkers, outcomeEncoder } from '#threads';
import {
  excluded,
  needsDetector,
  processPhoto,
  unreadable,
  type FacesPolicy,
  type Outcome,
  type WithoutFacePolicy,
} from './photo.js';
import { prefetched } from './prefetch.js';
import { PreparationKey, type PhotoNote } from './resume.js';
import { StageClock } from './stages.js';
import { Tally } from './tally.js';
import { pickPhotos, tierFor, type Tier } from './tiers.js';
import type { EncodedOutcome, PhotoWorkers, WorkerRecipe } from './workers.js';

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
  /** `leave-out` unless given. */
  readonly withoutFace?: WithoutFacePolicy;
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
  /** Larger photos are refused. */
  readonly limits?: DecodeLimits;
  /** Threads that take photos from bytes to bytes, where the writer takes encoded images; the same parts as above, from a recipe. */
  readonly workers?: { readonly count: number; readonly recipe: WorkerRecipe };
  /**
   * Lets a preparation that was killed or interrupted go on, where the writer can: everything the result depends on that is not seen from
   * these options (the detector and its options, the options of augmenters), as JSON.
   */
  readonly resumeKey?: unknown;
}

/** A step of the preparation, in the order of the reader; `run` starts with the bounded look-ahead, the rest happens in order. */
interface Item {
  readonly photo?: Photo;
  /** Known without opening the photo. */
  readonly exclusion?: Exclusion;
  readonly tier?: Tier;
  /** After a person's last photo. */
  readonly ends?: { readonly name: string; readonly photos: number; readonly tier: Tier };
}
interface Done extends Item {
  readonly outcome?: Outcome | EncodedOutcome;
}

/** Photos under way beside the one in work: without threads, and for each of them. */
const PREFETCH = 3;
/** Below this many photos starting threads takes longer than they save. */
const LEAST_FOR_WORKERS = 48;
const PROGRESS_MS = 250;

/**
 * Prepares the dataset. Throws a `FacewrightError` where fewer than two people are left, and `Interrupted` once the signal is set; a photo
 * that cannot be used is counted and listed, never thrown.
 */
export async function prepare(options: PrepareOptions): Promise<PreparationSummary> {
  const {
    reader,
    writer,
    tiers,
    emit,
    signal,
    aligner,
    seed,
    random,
    faces,
    withoutFace = 'leave-out',
    limits = {},
  } = options;
  const resumable = 'addPhoto' in writer ? (writer as ResumableWriter) : undefined;
  let workers: PhotoWorkers | undefined;
  try {
    const started = performance.now();
    const expected = await count(reader, tiers, signal);
    const detector = once(options.detector);
    const clock = new StageClock();
    const tally = new Tally(
      tiers.map(({ rule }) => rule.name),
      emit,
    );
    const encoding = resumable ? await encodingFor(resumable.format) : undefined;
    const encode = encoding && (await outcomeEncoder(encoding));

    const shared = { faces, withoutFace, limits, random: random.key, encoding };
    const key = expected.key.digest([
      1,
      aligner.fingerprint,
      tiers.map(({ rule }) => rule),
      shared,
      seed,
      options.resumeKey,
    ]);
    const notes = (
      options.resumeKey === undefined ? [] : ((await resumable?.resume(key)) ?? [])
    ) as readonly PhotoNote[];
    if (notes.length)
      emit('notice', {
        level: 'info',
        message: `An interrupted preparation is gone on with: ${notes.length} photos are done.`,
      });
    if (options.workers && encoding && options.workers.count > 0 && expected.photos - notes.length >= LEAST_FOR_WORKERS)
      workers = openWorkers(options.workers.count, { ...options.workers.recipe, ...shared, encoding }, (event) =>
        emit('notice', event),
      );
    const progress = throttledProgress(emit, expected.photos, tally, clock);
    const processing = { aligner, detector: detector.get, tiers, faces, withoutFace, limits, random };

    const open = async (photo: Photo, tier: Tier): Promise<Outcome | EncodedOutcome> => {
      let bytes: Uint8Array;
      try {
        bytes = await clock.timed('read', () => photo.bytes({ maxBytes: limits.maxBytes, signal }));
      } catch (error) {
        return unreadable(photo, error);
      }
      // here, too, where threads detect: it must be there, and the summary says which it was
      if (needsDetector(photo)) await detector.get();
      const { id, identity, landmarks, aligned } = photo;
      const task = {
        photo: { id, identity, ...(landmarks && { landmarks }), ...(aligned && { aligned }) },
        bytes,
        tier: tiers.indexOf(tier),
      };
      const { outcome, seconds } = workers ? await workers.process(task) : await processPhoto(task, processing);
      clock.add(seconds);
      return encode && !workers ? clock.timed('encode', () => encode(outcome as Outcome)) : outcome;
    };

    let number = 0; // photos begun, of those that a tier keeps
    const begin = async (item: Item): Promise<Done> => {
      const { photo, tier, exclusion } = item;
      if (!photo || !tier) return item;
      const note = notes[number++];
      if (note) return { ...item, outcome: replayed(note, photo) };
      if (exclusion) return { ...item, outcome: { exclusion } };
      tally.opened++;
      return { ...item, outcome: await open(photo, tier) };
    };

    let [done, kept] = [0, 0];
    for await (const { photo, tier, exclusion, ends, outcome } of prefetched(
      items(options),
      PREFETCH * Math.max(1, workers?.count ?? 1),
      begin,
    )) {
      throwIfAborted(signal, photo?.id);
      if (ends) {
        if (kept > 0) tally.keepIdentity(ends.tier.rule.name);
        else if (ends.photos > 1)
          emit('notice', {
            level: 'warning',
            message: `None of the ${ends.photos} photos of “${ends.name}” could be used.`,
          });
        kept = 0;
      } else if (!photo || !tier || !outcome) {
        tally.exclude(exclusion!);
      } else {
        const images = 'images' in outcome ? outcome.images : [];
        if (done++ >= notes.length)
          await clock.timed('write', () => write(writer, resumable, outcome, photo, encoding?.encoder));
        else if (needsDetector(photo)) await detector.get();
        if ('exclusion' in outcome) {
          tally.exclude(outcome.exclusion);
        } else {
          tally.keep(tier.rule.name, images.length);
          kept++;
        }
      }
      progress(false);
    }
    await workers?.close();
    progress(true);
    throwIfAborted(signal, 'preparation');
    if (tally.identities < 2) throw tooFew(tally.identities, tally.reasons);

    const seconds = (performance.now() - started) / 1000;
    const summary = tally.summary({
      alignment: { fingerprint: aligner.fingerprint, size: aligner.size, ...detector.used() },
      seed,
      seconds,
    });
    await writer.finish(summary);
    if (options.directory !== undefined) {
      const { exclusions: _, ...counts } = summary;
      const photosPerSecond = tally.opened / seconds;
      emit('prepare.finished', {
        summary: counts,
        directory: options.directory,
        photosPerSecond,
        throughput: clock.throughput(photosPerSecond, workers?.count ?? 0),
      });
    }
    return summary;
  } catch (error) {
    await workers?.close().catch(() => undefined);
    if (error instanceof Interrupted && resumable && options.resumeKey !== undefined) await resumable.suspend();
    else await writer.abort();
    throw error;
  }
}

/** A first pass over the names: ends at once where no amount of detection would leave two people. */
async function count(
  reader: Reader,
  tiers: readonly Tier[],
  signal: AbortSignal | undefined,
): Promise<{ photos: number; key: PreparationKey }> {
  const key = new PreparationKey();
  let photos = 0;
  let enough = 0;
  let identities = 0;
  for await (const identity of reader.identities()) {
    throwIfAborted(signal, 'counting photos');
    key.add(identity);
    identities++;
    photos += identity.photos.length;
    if (tierFor(tiers, identity.photos.length)) enough++;
  }
  if (enough >= 2) return { photos, key };
  const least = Math.min(...tiers.map(({ rule }) => rule.above)) + 1;
  throw new FacewrightError({
    what: `Fewer than two people have enough photos: ${enough} of ${identities}, with ${photos} ${photos === 1 ? 'photo' : 'photos'} in all; ${least} photos of a person are the least.`,
    todo: 'Add photos, or lower "above" of the last rule under "tiers" in the config.',
  });
}

/** Every photo in the reader's order, with the reason where it is not to be opened, and the end of each person. */
async function* items({ reader, tiers, random }: PrepareOptions): AsyncGenerator<Item> {
  for await (const person of reader.identities()) {
    const { name, photos } = person;
    const tier = tierFor(tiers, photos.length);
    if (!tier) {
      for (const photo of photos) yield excluded(photo, 'too-few-photos', `${photos.length} of this person`);
      continue;
    }
    const { picked, left } = pickPhotos(person, tier.rule, random);
    for (const photo of left) yield excluded(photo, 'not-picked');
    for (const photo of picked)
      yield { photo, tier, ...(photo.excluded && excluded(photo, photo.excluded.reason, photo.excluded.detail)) };
    yield { ends: { name, photos: photos.length, tier } };
  }
}

/** A photo's images in one piece where the writer can take them so, else one by one. */
async function write(
  writer: DatasetWriter,
  resumable: ResumableWriter | undefined,
  outcome: Outcome | EncodedOutcome,
  { id }: Photo,
  encoder: string | undefined,
): Promise<void> {
  if (resumable) {
    const note: PhotoNote =
      'exclusion' in outcome ? { id, exclusion: outcome.exclusion } : { id, images: outcome.images.length };
    return resumable.addPhoto(
      'images' in outcome ? (outcome as Extract<EncodedOutcome, { images: unknown }>).images : [],
      note,
      encoder,
    );
  }
  if ('images' in outcome)
    for (const { sample, image } of (outcome as Extract<Outcome, { images: unknown }>).images)
      await writer.add(sample, image);
}

/** What an earlier run has made of a photo, without its images. */
function replayed({ id, images = 0, exclusion }: PhotoNote, photo: Photo): EncodedOutcome {
  if (id !== photo.id)
    throw new FacewrightError({
      what: `The interrupted preparation cannot be gone on with: it has “${id}” where “${photo.id}” is now.`,
      todo: 'Delete what it has left (the directory ending in .partial) and prepare anew.',
    });
  return exclusion ? { exclusion } : { images: Array<never>(images) };
}

/** The detector, made at most once; `used` tells what the summary records of it. */
function once(detector: PrepareOptions['detector']): {
  get: () => Promise<Detector | undefined>;
  used: () => { detector?: string };
} {
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

function throttledProgress(emit: Emit, total: number, tally: Tally, clock: StageClock): (last: boolean) => void {
  const started = performance.now();
  let told = -Infinity;
  return (last) => {
    const now = performance.now();
    if (!last && now - told < PROGRESS_MS) return;
    told = now;
    const seconds = (now - started) / 1000;
    emit('progress', {
      task: 'prepare',
      done: tally.photos,
      total,
      unit: 'photos',
      ...(seconds > 0 && { perSecond: tally.opened / seconds }),
      ...(clock.shares && { text: clock.shares }),
    });
  };
}

function tooFew(left: number, reasons: Readonly<Record<string, number>>): FacewrightError {
  const why = Object.entries(reasons)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, photos]) => `${photos} × ${reason}`);
  return new FacewrightError({
    what: `Fewer than two people are left after preparation: ${left}. Photos left out: ${why.join(', ')}.`,
    todo: 'Look at the listed photos; keep more faces with "faces": "largest", add photos, or give landmarks.',
  });
}
