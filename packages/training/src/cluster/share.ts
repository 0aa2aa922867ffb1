/**
 * How the ranks of a cluster divide a batch: each takes every n-th of its parts. A part is what a single process would
 * call a micro-batch, so n ranks with one part each compute what one process computes with n micro-batches.
 */
import { FacewrightError, type Cluster } from '@facewright/core';
import type { BatchParts } from '../step/micro-batches.js';

/** The parts of a batch that this rank processes, in order. */
export const ownParts = ({ parts }: BatchParts, { rank, size }: Pick<Cluster, 'rank' | 'size'>): number[] =>
  Array.from({ length: parts / size }, (_, round) => round * size + rank);

/** The places in a batch of the images of this rank, in the order of its parts. */
export function ownPlaces(batch: BatchParts, cluster: Pick<Cluster, 'rank' | 'size'>): number[] {
  const images = batch.size / batch.parts;
  return ownParts(batch, cluster).flatMap((part) => Array.from({ length: images }, (_, i) => part * images + i));
}

/** Images in a part: as configured, but at most a rank's share. Throws if the batch cannot be divided so. */
export function imagesPerPart(batch: number, microBatch: number | undefined, ranks: number): number {
  if (batch % ranks !== 0)
    throw new FacewrightError({
      what: `A batch of ${batch} images cannot be divided among ${ranks} processes.`,
      where: 'batch',
      todo: `Use a multiple of ${ranks}, e.g. ${Math.max(1, Math.round(batch / ranks)) * ranks}.`,
    });
  const share = batch / ranks;
  const images = Math.min(microBatch ?? share, share);
  if (share % images !== 0)
    throw new FacewrightError({
      what: `Each of ${ranks} processes takes ${share} images of a batch of ${batch}, which cannot be split into parts of ${images}.`,
      where: 'microBatch',
      todo: `Choose a divisor of ${share}.`,
    });
  return images;
}
