/** What `facewright identify` needs to be told, and what it says of a photo. */
import { FacewrightError } from '@facewright/core';
import type { IdentifiedFace } from '@facewright/recognise';

export interface PhotoRow {
  readonly photo: string;
  readonly faces: readonly {
    readonly name: string | null;
    readonly similarity: number | null;
    readonly box: readonly [x: number, y: number, width: number, height: number] | null;
    readonly candidates: IdentifiedFace['candidates'];
  }[];
  readonly error?: string;
}

interface Asked {
  readonly save?: string;
  readonly forget?: readonly string[];
  readonly threshold?: number;
}

/** Throws a `FacewrightError` if the command line asks for nothing, or for what cannot be. */
export function requireSense(paths: readonly string[], { save, forget: names, threshold }: Asked): void {
  if (threshold !== undefined && !(threshold >= -1 && threshold <= 1))
    throw new FacewrightError({ what: 'A threshold is a cosine between -1 and 1.', where: '--threshold' });
  if (!paths.length && !save && !names)
    throw new FacewrightError({
      what: 'There is nothing to identify.',
      where: 'the command line',
      todo: 'Name photos, --save a gallery, or --forget people.',
    });
}

/** One line. */
export function textOfPhoto({ photo, faces, error }: PhotoRow): string {
  if (error !== undefined) return `${photo}: ${error}`;
  if (!faces.length) return `${photo}: no face`;
  const told = faces.map(({ name, similarity, candidates: [first] }) => {
    const score = similarity === null ? '' : ` (${similarity.toFixed(3)})`;
    return name === null ? `unknown${first ? `, most similar to ${first.name}${score}` : ''}` : `${name}${score}`;
  });
  return `${photo}: ${told.join('; ')}`;
}
