/**
 * The preparation: photos by identity → tier → selection → decode → faces → alignment → augmenters → encoding → the
 * dataset's writer. What is written, and in which order, depends only on the photos, the options and the seed, not on
 * the number of worker threads. A bounded number of photos is in progress at a time. A killed preparation resumes after
 * its last complete shard.
 */
import { FacewrightError, Interrupted, throwIfAborted, tooFewPeople } from '@facewright/core';
import type { Detector, Exclusion, Photo, PreparationSummary, PreparedPart, ResumableWriter } from '@facewright/core';
import { encodingFor, openWorkers, outcomeEncoder } from '#threads';
import { countPhotos, items, type Counted, type Item } from './items.js';
import { lostNotices } from './lost.js';
import type { PrepareOptions } from './options.js';
import { needsDetector, processPhoto, unreadable, type Outcome } from './photo.js';
import { prefetched } from './prefetch.js';
import { throttledProgress } from './progress.js';
import { sameOrRefuse } from './part.js';
import { basisOf, earlierPhotos, keyOf, type EarlierPhotos, type PhotoNote } from './resume.js';
import { StageClock } from './stages.js';
import { Tally } from './tally.js';
import { threadCount } from './thread-count.js';
import type { Tier } from './tiers.js';
import type { EncodedOutcome, PhotoWorkers, WorkerJob, WorkerRecipe } from './workers.js';

/** Photos in progress besides the current one: in total without threads, otherwise per thread. */
const PREFETCH = 3;

interface Done extends Item {
  readonly outcome?: Outcome | EncodedOutcome;
}

/** Resources held during one preparation. */
interface Work {
  readonly expected: Counted;
  readonly part?: PreparedPart;
  readonly resumable?: ResumableWriter;
  readonly encoding?: Awaited<ReturnType<typeof encodingFor>>;
  readonly encode?: Awaited<ReturnType<typeof outcomeEncoder>>;
  readonly earlier: EarlierPhotos;
  readonly workers?: PhotoWorkers;
  readonly detector: ReturnType<typeof once>;
  readonly clock: StageClock;
  readonly tally: Tally;
}

/**
 * Prepares the dataset. Throws a `FacewrightError` if fewer than two people are left, and `Interrupted` if the signal
 * is aborted. An unusable photo never throws: it is counted and listed. A part may be left with fewer people.
 */
export async function prepare(options: PrepareOptions): Promise<PreparationSummary> {
  const { writer } = options;
  const started = performance.now();
  let work: Work | undefined;
  try {
    const plan = await planWork(options);
    const found = plan.part && (await options.earlier?.());
    if (found) {
      const earlier = sameOrRefuse(found, plan.part!, options.directory);
      await writer.abort();
      options.emit('notice', { level: 'info', message: 'This part is already prepared.' });
      return earlier;
    }
    work = await openWork(options, plan);
    await takePhotos(options, work);
    return await finish(options, work, (performance.now() - started) / 1000);
  } catch (error) {
    await work?.workers?.close().catch(() => undefined);
    const canResume = options.resumeKey !== undefined && isResumable(writer);
    if (error instanceof Interrupted && canResume) await writer.suspend();
    else await writer.abort();
    throw error;
  }
}

const isResumable = (writer: PrepareOptions['writer']): writer is ResumableWriter => 'addPhoto' in writer;

/** What there is to do, before anything is written. */
interface Plan extends Pick<Work, 'expected' | 'part' | 'resumable' | 'encoding'> {
  /** What threads need besides their recipe. */
  readonly shared: Omit<WorkerJob, keyof WorkerRecipe | 'encoding'>;
  readonly key: string;
}

async function planWork(options: PrepareOptions): Promise<Plan> {
  const { reader, writer, tiers, signal, aligner, seed, random, faces, withoutFace = 'leave-out' } = options;
  const expected = await countPhotos(reader, tiers, signal, options.part);
  const resumable = isResumable(writer) ? writer : undefined;
  const encoding = resumable ? await encodingFor(resumable.format) : undefined;
  const shared = { faces, withoutFace, limits: options.limits ?? {}, random: random.key };
  const basis = basisOf(expected.list, {
    seed,
    alignment: aligner.fingerprint,
    tiers: tiers.map(({ rule }) => rule),
    ...shared,
    encoder: encoding,
    ...options.resumeKey,
  });
  const part = options.part && { number: options.part.number, of: options.part.of, basis };
  return { expected, resumable, encoding, shared, key: keyOf(basis, options.part), ...(part && { part }) };
}

async function openWork(options: PrepareOptions, plan: Plan): Promise<Work> {
  const { expected, part, resumable, encoding, shared, key } = plan;
  const { tiers, emit } = options;
  const encode = encoding && (await outcomeEncoder(encoding));
  const earlier = earlierPhotos(options.resumeKey === undefined ? undefined : await resumable?.resume(key));
  if (earlier.count)
    emit('notice', {
      level: 'info',
      message: `Resuming an interrupted preparation: ${earlier.count} photos are already done.`,
    });

  const { count = 0, recipe } = options.workers ?? {};
  const threads = threadCount(count, expected.photos, earlier.count);
  const workers =
    recipe && encoding && threads > 0
      ? openWorkers(threads, { ...recipe, ...shared, encoding }, (event) => emit('notice', event))
      : undefined;
  const tally = new Tally(
    tiers.map(({ rule }) => rule.name),
    emit,
  );
  return {
    expected,
    part,
    resumable,
    encoding,
    encode,
    earlier,
    workers,
    detector: once(options.detector),
    clock: new StageClock(),
    tally,
  };
}

/** Processes the photos ahead, then writes and counts their results in the reader's order. */
async function takePhotos(options: PrepareOptions, work: Work): Promise<void> {
  const { reader, writer, tiers, random, emit, signal } = options;
  const { tally, earlier, workers } = work;
  const progress = throttledProgress(emit, work.expected.photos, tally, work.clock);
  let number = 0; // photos kept by a tier
  const begin = async (item: Item): Promise<Done> => {
    const { photo, tier, exclusion } = item;
    if (!photo || !tier) return item;
    if (number++ < earlier.count) return { ...item, outcome: replayed(await earlier.next(), photo) };
    if (exclusion) return { ...item, outcome: { exclusion } };
    tally.opened++;
    return { ...item, outcome: await processed(photo, tier, options, work) };
  };

  const leaveOut = (exclusion: Exclusion): Promise<void> => {
    tally.exclude(exclusion);
    return writer.exclude(exclusion);
  };

  let done = 0;
  let kept = 0; // photos of the current person
  const ahead = PREFETCH * Math.max(1, workers?.count ?? 1);
  for await (const { photo, tier, exclusion, ends, outcome } of prefetched(
    items(reader, tiers, random, work.expected.range),
    ahead,
    begin,
  )) {
    throwIfAborted(signal, photo?.id);
    if (ends) {
      if (kept > 0) tally.keepIdentity(ends.tier.rule.name);
      else if (ends.photos > 1) emit('notice', { level: 'warning', message: nothingKept(ends) });
      kept = 0;
    } else if (!photo || !tier || !outcome) {
      await leaveOut(exclusion!);
    } else {
      if (done++ >= earlier.count) await work.clock.timed('write', () => write(options, work, outcome, photo));
      else if (needsDetector(photo)) await work.detector.get();
      if ('exclusion' in outcome) {
        await leaveOut(outcome.exclusion);
      } else {
        tally.keep(tier.rule.name, outcome.images.length);
        kept++;
      }
    }
    progress(false);
  }
  await workers?.close();
  progress(true);
}

const nothingKept = ({ name, photos }: NonNullable<Item['ends']>): string =>
  `None of the photos of “${name}” could be used, ${photos.toLocaleString('en')} in all.`;

/** From a photo's bytes to its aligned images, or to the reason why there are none. */
async function processed(
  photo: Photo,
  tier: Tier,
  options: PrepareOptions,
  { workers, encode, clock, detector }: Work,
): Promise<Outcome | EncodedOutcome> {
  const { aligner, tiers, faces, withoutFace = 'leave-out', limits = {}, random } = options;
  let bytes: Uint8Array;
  try {
    bytes = await clock.timed('read', () => photo.bytes({ maxBytes: limits.maxBytes, signal: options.signal }));
  } catch (error) {
    return unreadable(photo, error);
  }
  // opened here even if threads do the detection, because it must exist and the summary records which one it was
  if (needsDetector(photo)) await detector.get();
  const { id, identity, landmarks, aligned } = photo;
  const about = { id, identity, ...(landmarks && { landmarks }), ...(aligned && { aligned }) };
  const task = { photo: about, bytes, tier: tiers.indexOf(tier) };
  const { outcome, seconds } = workers
    ? await workers.process(task)
    : await processPhoto(task, { aligner, detector: detector.get, tiers, faces, withoutFace, limits, random });
  clock.add(seconds);
  return encode && !workers ? clock.timed('encode', () => encode(outcome as Outcome)) : outcome;
}

/** Writes a photo's images together if the writer supports it, otherwise one by one. */
async function write(
  { writer }: PrepareOptions,
  { resumable, encoding }: Work,
  outcome: Outcome | EncodedOutcome,
  { id }: Photo,
): Promise<void> {
  if (resumable) {
    const images = 'images' in outcome ? (outcome as Extract<EncodedOutcome, { images: unknown }>).images : [];
    const note: PhotoNote =
      'exclusion' in outcome ? { id, exclusion: outcome.exclusion } : { id, images: outcome.images.length };
    return resumable.addPhoto(images, note, encoding?.encoder);
  }
  if (!('images' in outcome)) return;
  for (const { sample, image } of (outcome as Extract<Outcome, { images: unknown }>).images)
    await writer.add(sample, image);
}

/** An earlier run's result for a photo, without its images. */
function replayed({ id, images = 0, exclusion }: PhotoNote, photo: Photo): EncodedOutcome {
  if (id !== photo.id)
    throw new FacewrightError({
      what: `Cannot resume the interrupted preparation: the photos have changed, “${photo.id}” is now where “${id}” was.`,
      todo: 'Delete its unfinished output, the directory that ends in .partial, and prepare again.',
    });
  return exclusion ? { exclusion } : { images: Array<never>(images) };
}

async function finish(options: PrepareOptions, work: Work, seconds: number): Promise<PreparationSummary> {
  const { aligner, seed, signal, writer, directory, emit } = options;
  const { tally, detector, clock, workers, part } = work;
  throwIfAborted(signal, 'preparation');
  if (tally.identities < 2 && !part) throw tooFewPeople(tally);
  const alignment = { fingerprint: aligner.fingerprint, size: aligner.size, ...detector.used() };
  const summary = tally.summary({ alignment, seed, seconds, ...(part && { part }) });
  await writer.finish(summary);
  for (const notice of lostNotices(summary.photos, summary.reasons)) emit('notice', notice);
  if (directory !== undefined) {
    const photosPerSecond = tally.opened / seconds;
    const throughput = clock.throughput(photosPerSecond, workers?.count ?? 0);
    emit('prepare.finished', { summary, directory, photosPerSecond, throughput });
  }
  return summary;
}

/** The detector, created at most once. `used` returns what the summary records about it. */
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
