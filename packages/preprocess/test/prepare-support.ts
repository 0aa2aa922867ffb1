/** In-memory readers and writers for the preparation's tests, and a detector whose result is encoded in the photo. */
import {
  createRandom,
  landmarksFrom,
  SEED_TIERS,
  type Detector,
  type Events,
  type EventType,
  type Exclusion,
  type Identity,
  type Landmarks,
  type Photo,
  type Point,
  type PreparationSummary,
  type Reader,
  type RgbImage,
  type Sample,
  type TierRule,
} from '@facewright/core';
import { encodeImage } from '@facewright/platform/node';
import { createFivePointAligner, INSIGHTFACE_TEMPLATE } from '../src/align/index.js';
import { GaussianNoise } from '../src/augment/gaussian-noise.js';
import { createOpening } from '../src/augment/opening.js';
import { createSaltAndPepper } from '../src/augment/salt-and-pepper.js';
import type { PrepareOptions } from '../src/prepare/index.js';
import { noiseImage } from './support.js';

/** A face in the middle of a 200 × 180 photo. */
export const LANDMARKS: Landmarks = landmarksFrom(INSIGHTFACE_TEMPLATE.map(([x, y]): Point => [x + 40, y + 30]));

const encoded = new Map<string, Promise<Uint8Array>>();

/** A photo of noise as PNG, the same one for the same arguments. */
export function photoBytes(seed: number, width = 200, height = 180): Promise<Uint8Array> {
  const name = `${seed} ${width} ${height}`;
  const known = encoded.get(name) ?? encodeImage(noiseImage(width, height, seed), 'png');
  encoded.set(name, known);
  return known;
}

export const photo = (
  identity: string,
  name: string,
  bytes: () => Promise<Uint8Array>,
  more: Partial<Photo> = {},
): Photo => ({ id: `${identity}/${name}`, identity, bytes, landmarks: LANDMARKS, ...more });

/** A person with this many photos, all of them good. */
export const person = (name: string, count: number, more: Partial<Photo> = {}): Identity => ({
  name,
  photos: Array.from({ length: count }, (_, index) => photo(name, `${index}.png`, () => photoBytes(index), more)),
});

export const readerOf = (...identities: Identity[]): Reader => ({
  async *identities() {
    yield* identities;
  },
});

export interface Written {
  readonly sample: Sample;
  readonly image: RgbImage;
}

export function memoryWriter() {
  const written: Written[] = [];
  const excluded: Exclusion[] = [];
  const state: { written: Written[]; excluded: Exclusion[]; finished?: PreparationSummary; aborted: number } = {
    written,
    excluded,
    aborted: 0,
  };
  return {
    state,
    async add(sample: Sample, image: RgbImage) {
      written.push({ sample, image });
    },
    async exclude(exclusion: Exclusion) {
      excluded.push(exclusion);
    },
    async finish(summary: PreparationSummary) {
      state.finished = summary;
    },
    async abort() {
      state.aborted++;
    },
  };
}

/** A detector that finds as many faces as the photo's first pixel says, the largest first. */
export const countingDetector: Detector = {
  fingerprint: 'counting',
  async detect({ data }) {
    return Array.from({ length: data[0] }, (_, index) => ({
      box: { x: index, y: 0, width: 50 - index, height: 60 },
      confidence: 0.9 - index / 100,
      landmarks: landmarksFrom(INSIGHTFACE_TEMPLATE.map(([x, y]): Point => [x + 10 * index, y])),
    }));
  },
};

const AUGMENTERS = {
  opening: createOpening(5),
  'gaussian-noise': new GaussianNoise({ mean: 0, variance: 0.01 }),
  'salt-and-pepper': createSaltAndPepper(0.05, 0.5),
};

export const tiersOf = (rules: readonly TierRule[] = SEED_TIERS): PrepareOptions['tiers'] =>
  rules.map((rule) => ({
    rule,
    augmenters: rule.augment.map((name) => ({
      name: name as string,
      augmenter: AUGMENTERS[name as keyof typeof AUGMENTERS],
    })),
  }));

/** Options for a test, and what the run emitted and wrote. */
export function run(reader: Reader, more: Partial<PrepareOptions> = {}) {
  const writer = memoryWriter();
  const events: { type: EventType; event: Events[EventType] }[] = [];
  const options: PrepareOptions = {
    reader,
    aligner: createFivePointAligner(112),
    tiers: tiersOf([{ name: 'all', above: 0, augment: [] }]),
    faces: 'exactly-one',
    writer,
    random: createRandom(7),
    seed: 7,
    emit: (type, event) => void events.push({ type, event }),
    ...more,
  };
  const of = <T extends EventType>(type: T): Events[T][] =>
    events.filter((entry) => entry.type === type).map(({ event }) => event as Events[T]);
  return { options, ...writer, state: writer.state, of };
}
