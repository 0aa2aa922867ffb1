/** Duplicate photos: byte for byte, or re-encoded or mirrored pictures that the model also considers the same. */
import { throwIfAborted } from '@facewright/core';
import { similarity, type Embeddings } from './embeddings.js';
import { alikePictures, PARTS, type Picture } from './picture.js';

export interface LookedAt extends Picture {
  /** SHA-256 of the file. */
  readonly sha256: string;
}

export interface Duplicate {
  readonly a: number;
  readonly b: number;
  readonly how: 'bytes' | 'picture' | 'mirrored';
}

/**
 * In addition to the hashes, the embeddings of two pictures must be at least this similar, because faces on the same
 * background have similar hashes.
 */
const SAME = 0.9;
const MIRRORED = 0.8;

export interface DuplicateOptions {
  readonly signal?: AbortSignal;
  /** Pictures that are done. */
  progress?(done: number, total: number): void;
}

/** Pairs of photos, each once. */
export async function findDuplicates(
  photos: readonly LookedAt[],
  embeddings: Embeddings,
  { signal, progress }: DuplicateOptions = {},
): Promise<Duplicate[]> {
  const found: Duplicate[] = [];
  const known = new Set<string>();
  const add = (a: number, b: number, how: Duplicate['how']): void => {
    const key = a < b ? `${a} ${b}` : `${b} ${a}`;
    if (!known.has(key)) found.push({ a: Math.min(a, b), b: Math.max(a, b), how });
    known.add(key);
  };
  const first = new Map<string, number>();
  photos.forEach(({ sha256 }, index) => {
    const other = first.get(sha256);
    if (other === undefined) first.set(sha256, index);
    else add(other, index, 'bytes');
  });
  const hashes = photos.map(({ hash }) => hash);
  const mirrored = photos.map((photo) => photo.mirrored);
  const searches = [
    { how: 'picture', least: SAME, parts: alikePictures(hashes) },
    { how: 'mirrored', least: MIRRORED, parts: alikePictures(hashes, mirrored) },
  ] as const;
  let done = 0;
  for (const { how, least, parts } of searches)
    for (const pairs of parts) {
      for (const [a, b] of pairs) if (similarity(embeddings, a, embeddings, b) >= least) add(a, b, how);
      progress?.(Math.round((photos.length * ++done) / (searches.length * PARTS)), photos.length);
      // lets an interruption in: a part of a million photos takes a second
      await new Promise((resolve) => setTimeout(resolve));
      throwIfAborted(signal, 'comparing pictures');
    }
  return found;
}

/** Which of several identical photos to leave out: all but the one most similar to its person. */
export function repeatsOf(duplicates: readonly Duplicate[], scores: ArrayLike<number>): number[] {
  const parent = new Map<number, number>();
  const root = (photo: number): number => {
    const above = parent.get(photo) ?? photo;
    return above === photo ? photo : root(above);
  };
  for (const { a, b } of duplicates) parent.set(root(a), root(b));
  const groups = new Map<number, number[]>();
  for (const photo of new Set(duplicates.flatMap(({ a, b }) => [a, b])))
    groups.set(root(photo), [...(groups.get(root(photo)) ?? []), photo]);
  return [...groups.values()].flatMap((group) => {
    const merit = (photo: number): number => (Number.isNaN(scores[photo]) ? -1 : scores[photo]);
    const kept = group.reduce((best, photo) => (merit(photo) > merit(best) + 1e-6 ? photo : best), Math.min(...group));
    return group.filter((photo) => photo !== kept).sort((a, b) => a - b);
  });
}
