/**
 * Composes a run whose tiers suit the photos: the recipe's, those for `--min-photos`, or those for small sets if the
 * recipe would leave nobody.
 */
import { z } from 'zod';
import {
  SIGNAL,
  throwIfAborted,
  type Events,
  type RunConfig,
  type RunConfigInput,
  type TierRule,
} from '@facewright/core';
import { leastPhotos, SMALL_SET_LEAST, SMALL_SET_TIERS, tiersFrom } from '../presets/small-set.js';
import type { Composition } from './compose.js';
import type { ChosenBackend } from './engines.js';
import { compose, type Scope } from './from-config.js';

export interface DataFit {
  /** The user's own config. Tiers set in it are never changed. */
  readonly given: RunConfigInput;
  /** Photos a person needs. */
  readonly minPhotos?: number;
  /** Tiers recorded by an earlier start of the same run, whose choice is kept. */
  readonly earlier?: unknown;
  /** Whether this start prepares the photos. */
  readonly prepares: boolean;
}

export async function composeForData(
  config: RunConfig,
  backend: ChosenBackend,
  scope: Scope,
  { given, minPhotos, earlier, prepares }: DataFit,
): Promise<{ composition: Composition; notice?: Events['notice'] }> {
  const withTiers = (tiers: RunConfig['tiers']) => compose({ ...config, tiers }, backend, scope);
  if (minPhotos !== undefined) return { composition: await withTiers(tiersFrom(config.tiers, minPhotos)) };
  if (given.tiers || !prepares) return { composition: await compose(config, backend, scope) };
  const recorded = recordedTiers.safeParse(earlier).data;
  if (recorded) return { composition: await withTiers(tiersOf(recorded, config.tiers)) };
  const composition = await compose(config, backend, scope);
  const people = await enoughPhotos(composition);
  if (people.enough >= 2 || people.enoughForSmallSet < 2) return { composition };
  const least = leastPhotos(config.tiers);
  const notice: Events['notice'] = {
    level: 'info',
    message: `The recipe asks for ${least} photos of each person, which ${people.enough} of ${people.all} people have. So everyone with ${SMALL_SET_LEAST} photos or more is kept, with augmented copies.`,
    todo: `For the recipe's own rule, use --min-photos ${least}.`,
  };
  await composition.dispose();
  return { composition: await withTiers(SMALL_SET_TIERS), notice };
}

const recordedTiers = z.array(z.object({ name: z.string(), above: z.number() })).min(1);
type RecordedTiers = z.infer<typeof recordedTiers>;

/** The tiers a record refers to. A record is data, so its augmenters are not taken from it. */
function tiersOf(recorded: RecordedTiers, recipe: RunConfig['tiers']): RunConfig['tiers'] {
  const shape = (tiers: RecordedTiers): string => tiers.map(({ name, above }) => `${name} ${above}`).join();
  return shape(recorded) === shape(SMALL_SET_TIERS) ? SMALL_SET_TIERS : tiersFrom(recipe, leastPhotos(recorded));
}

/** Counts until the recipe is found to keep two people. */
async function enoughPhotos({ container, reader, config }: Composition) {
  const signal = container.resolve(SIGNAL);
  const reaches = (tiers: readonly TierRule[], photos: number): boolean => photos >= leastPhotos(tiers);
  const people = { all: 0, enough: 0, enoughForSmallSet: 0 };
  if (!reader) return people;
  for await (const { photos } of (await reader.make()).identities()) {
    throwIfAborted(signal, 'counting photos');
    people.all++;
    if (reaches(SMALL_SET_TIERS, photos.length)) people.enoughForSmallSet++;
    if (reaches(config.tiers, photos.length) && ++people.enough === 2) break;
  }
  return people;
}
