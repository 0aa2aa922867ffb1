/** Warns if more than a tenth of the photos are lost for one reason that the user can do something about. */
import type { Events, ExclusionReason } from '@facewright/core';

const MUCH = 0.1;

const ADVICE: Partial<
  Record<ExclusionReason, { readonly because: string; readonly todo: (photos: string) => string }>
> = {
  'several-faces': {
    because: 'show more than one face',
    todo: (photos) => `Keep up to ${photos} more with --faces largest: the largest face of each is taken.`,
  },
  'too-few-photos': {
    because: 'are of people with too few photos',
    todo: (photos) => `Keep up to ${photos} more by asking for fewer photos of each person: --min-photos <number>.`,
  },
  'no-face': {
    because: 'show no face that was found',
    todo: () =>
      'Small faces are found with a smaller "minFace" of the detector, e.g. "detector": {"name": "mtcnn", "minFace": 20} in the config.',
  },
  'too-large': {
    because: 'are over the size limits',
    todo: () => 'Raise "limits" in the config: maxBytes, maxPixels or maxSide.',
  },
  'bad-landmarks': {
    because: 'have landmarks that are missing or unusable',
    todo: () => 'Have the faces detected instead: use --reader folder on the photos.',
  },
};

/** One warning per reason that affected more than a tenth of all photos. */
export function lostNotices(photos: number, reasons: Readonly<Record<string, number>>): Events['notice'][] {
  return Object.entries(ADVICE).flatMap(([reason, { because, todo }]) => {
    const lost = reasons[reason] ?? 0;
    if (lost <= MUCH * photos) return [];
    const number = lost.toLocaleString('en');
    return {
      level: 'warning',
      message: `${number} of ${photos.toLocaleString('en')} photos (${Math.round((100 * lost) / photos)} %) were left out because they ${because}.`,
      todo: todo(number),
    };
  });
}
