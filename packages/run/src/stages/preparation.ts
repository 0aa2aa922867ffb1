/** What a preparation needs from a composition, wherever its photos come from and its images go. */
import { EVENTS, RANDOM, SIGNAL, type Detector } from '@facewright/core';
import type { PrepareOptions } from '@facewright/preprocess';
import type { Composition } from '../composition/compose.js';

type Parts = Omit<PrepareOptions, 'reader' | 'writer' | 'detector'> & { readonly detector: () => Promise<Detector> };

export async function preparationOf({ container, config, detector, aligner, tiers }: Composition): Promise<Parts> {
  return {
    // created when the first photo without landmarks arrives
    detector: () => detector.make(),
    aligner: await aligner.make(),
    tiers: await Promise.all(
      tiers.map(async ({ rule, augmenters }) => ({
        rule,
        augmenters: await Promise.all(
          augmenters.map(async (part) => ({ name: part.name, augmenter: await part.make() })),
        ),
      })),
    ),
    faces: config.faces,
    withoutFace: config.withoutFace,
    limits: config.limits,
    random: container.resolve(RANDOM).fork('prepare'),
    seed: config.seed,
    emit: container.resolve(EVENTS).emit,
    signal: container.resolve(SIGNAL),
  };
}
