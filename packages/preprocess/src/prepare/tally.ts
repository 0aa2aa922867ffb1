/** Counts what a preparation keeps and excludes. */
import type { Emit, Exclusion, PreparationSummary } from '@facewright/core';

interface TierCount {
  identities: number;
  photos: number;
  images: number;
}

/** The part failed rather than the photo; the first time is worth a message. */
const FAILURES: readonly string[] = ['detection-failed', 'alignment-failed'];

export class Tally {
  readonly reasons: Record<string, number> = {};
  photos = 0;
  /** Photos that were opened, which the rate counts. */
  opened = 0;
  private readonly perTier: Record<string, TierCount>;
  private kept = 0;
  private images = 0;
  private people = 0;
  /** What the part said the first time, by the reason. */
  readonly failures = new Map<string, string>();

  constructor(
    tierNames: readonly string[],
    private readonly emit: Emit,
  ) {
    this.perTier = Object.fromEntries(tierNames.map((name) => [name, { identities: 0, photos: 0, images: 0 }]));
  }

  get identities(): number {
    return this.people;
  }

  exclude(exclusion: Exclusion): void {
    this.photos++;
    if (FAILURES.includes(exclusion.reason) && !this.failures.has(exclusion.reason)) {
      this.failures.set(exclusion.reason, exclusion.detail ?? '');
      this.emit('notice', {
        level: 'warning',
        message: `Skipped ${exclusion.photo} (${exclusion.reason}): ${exclusion.detail}`,
        todo: 'More photos with this error are skipped without a message. The dataset lists them all.',
      });
    }
    this.reasons[exclusion.reason] = (this.reasons[exclusion.reason] ?? 0) + 1;
    this.emit('prepare.excluded', exclusion);
  }

  /** Counts a photo that gave so many images. */
  keep(tier: string, images: number): void {
    this.photos++;
    this.kept++;
    this.images += images;
    this.perTier[tier].photos++;
    this.perTier[tier].images += images;
  }

  keepIdentity(tier: string): void {
    this.people++;
    this.perTier[tier].identities++;
  }

  summary(rest: Pick<PreparationSummary, 'alignment' | 'seed' | 'seconds' | 'part'>): PreparationSummary {
    return {
      photos: this.photos,
      kept: this.kept,
      dropped: this.photos - this.kept,
      reasons: this.reasons,
      perTier: this.perTier,
      identities: this.people,
      images: this.images,
      ...rest,
    };
  }
}
