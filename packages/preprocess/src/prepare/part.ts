/**
 * Divides a preparation into parts for several processes or machines. A part is a range of consecutive people, chosen so
 * that all parts open about the same number of photos. Every part counts all people first, so each finds its own range
 * without asking the others, and the parts in order are the whole: that is why they can be merged to the same bytes.
 */
import { FacewrightError, type PreparationSummary, type PreparedPart } from '@facewright/core';
import { join } from 'node:path';

/** Which part of how many: `number` is from 1 to `of`. */
export type PartNumber = Pick<PreparedPart, 'number' | 'of'>;

/** People by their place in the reader's order, from 0; `end` is not included. */
export interface PeopleRange {
  readonly first: number;
  readonly end: number;
  /** Photos of these people. */
  readonly photos: number;
}

/** Counts people as they are read. It keeps two numbers for each. */
export class Division {
  private readonly photos: number[] = [];
  private readonly opened: number[] = [];
  private total = 0;

  constructor(private readonly part: PartNumber) {}

  /** The next person in the reader's order; `opened` is the number of their photos that a tier keeps. */
  add(photos: number, opened: number): void {
    this.photos.push(photos);
    this.opened.push(opened);
    this.total += opened;
  }

  /** A person belongs to the part in which the middle of their photos lies. */
  range(): PeopleRange {
    const { number, of } = this.part;
    let [first, end, photos, before] = [-1, 0, 0, 0];
    for (const [place, opened] of this.opened.entries()) {
      const share = this.total === 0 ? 0 : Math.floor(((2 * before + opened) * of) / (2 * this.total));
      before += opened;
      if (Math.min(of - 1, share) !== number - 1) continue;
      if (first < 0) first = place;
      end = place + 1;
      photos += this.photos[place];
    }
    return { first: Math.max(0, first), end, photos };
  }
}

/** Where a part is written, so that no two parts of a preparation ever share a directory: `part-03-of-20`. */
export const partDirectory = (parts: string, { number, of }: PartNumber): string =>
  join(parts, `part-${String(number).padStart(String(of).length, '0')}-of-${of}`);

/** What is already at a part's place, if it is this very part. Throws if it is something else. */
export function sameOrRefuse(
  earlier: PreparationSummary,
  part: PreparedPart,
  directory: string | undefined,
): PreparationSummary {
  const found = earlier.part;
  if (found?.number === part.number && found.of === part.of) {
    const differ = differing(found.basis, part.basis);
    if (!differ.length) return earlier;
    throw new FacewrightError({
      what: `This part is already prepared, but from other data or with other options. Different: ${differ.join(', ')}.`,
      where: directory,
      todo: 'Use --force to replace it, or choose another directory with --out.',
    });
  }
  throw new FacewrightError({
    what: 'There is already another dataset here.',
    where: directory,
    todo: 'Use --force to replace it, or choose another directory with --out.',
  });
}

const differing = (one: PreparedPart['basis'], other: PreparedPart['basis']): string[] =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => one[name] !== other[name]);
