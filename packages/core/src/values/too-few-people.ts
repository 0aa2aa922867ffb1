/** The error where too few people are left to tell apart, wherever it is noticed: preparation, merged parts, training. */
import { FacewrightError } from './errors.js';

export interface TooFewPeople {
  /** How many are left. */
  readonly identities: number;
  /** Photos left out, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** After what they are left. Default: preparation. */
  readonly after?: string;
  readonly where?: string;
  /** By reason, the first error of a failing part. It replaces advice on photos if that reason left out most of them. */
  readonly failures?: ReadonlyMap<string, string>;
}

export function tooFewPeople({
  identities,
  reasons,
  after = 'after preparation',
  where,
  failures,
}: TooFewPeople): FacewrightError {
  const byPhotos = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  const left = byPhotos.map(([reason, photos]) => `${photos} × ${reason}`).join(', ');
  const what = `Fewer than two people are left ${after}: ${identities}.${left && ` Excluded photos: ${left}.`}`;
  const failure = byPhotos.length ? failures?.get(byPhotos[0][0]) : undefined;
  if (failure === undefined) return new FacewrightError({ what, where, todo: adviceOn(reasons) });
  return new FacewrightError({
    what: `${what} The first: ${failure}`,
    where,
    todo: 'This is a bug in that plugin, or a file that it needs is missing or damaged. Mend that, or choose another plugin in the config.',
  });
}

function adviceOn(reasons: TooFewPeople['reasons']): string {
  const advice = [
    ...(Object.keys(reasons).length ? ['Check the excluded photos.'] : []),
    ...(reasons['several-faces'] ? ['To keep photos with several faces, prepare with --faces largest.'] : []),
    ...(reasons['too-few-photos']
      ? ['To ask for fewer photos of each person, prepare with --min-photos <number>.']
      : []),
  ];
  return [...advice, `${advice.length ? 'Otherwise provide' : 'Provide'} photos of at least two people.`].join(' ');
}
