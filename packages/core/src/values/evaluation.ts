/** Figures of an evaluation beside those of pairs: by group, and of identification. */

/** A share of cases, with its 95 % interval. */
export interface Share {
  readonly share: number;
  readonly count: number;
  readonly of: number;
  readonly low: number;
  readonly high: number;
}

/** Rates are null where the group has no such pairs. */
export interface GroupRow {
  readonly group: string;
  /** Pairs of one person and of two. */
  readonly same: number;
  readonly different: number;
  readonly accuracy: Share;
  readonly falseAcceptRate: Share | null;
  readonly falseRejectRate: Share | null;
}

/** Between the groups with the lowest and the highest rate; null where fewer than two groups have one. */
export interface Gap {
  readonly gap: number;
  readonly lowest: string;
  readonly highest: string;
}

export interface GroupFigures {
  /** The one threshold that all groups are measured at. */
  readonly threshold: number;
  readonly groups: readonly GroupRow[];
  readonly gaps: {
    readonly accuracy: Gap | null;
    readonly falseAcceptRate: Gap | null;
    readonly falseRejectRate: Gap | null;
  };
  /** Pairs whose sides are in two groups. */
  readonly across: number;
  /** Pairs with a side in no group. */
  readonly ungrouped: number;
}

export interface IdentificationPoint {
  /** False positive identification rate: share of probes of nobody enrolled whose best candidate reaches the threshold. */
  readonly fpir: number;
  /** Cosine similarity; null where there are too few probes to show that rate. */
  readonly threshold: number | null;
  /** False negative identification rate: share of probes of somebody enrolled that are not found at rank 1 and the threshold. */
  readonly fnir: number | null;
}

/** Means over the draws. */
export interface Identification {
  readonly draws: number;
  /** People in the gallery, with one photo each. */
  readonly enrolled: number;
  /** Probes of people enrolled, and of nobody enrolled. */
  readonly mated: number;
  readonly nonMated: number;
  /** Share of probes of people enrolled whose best candidate is right, whatever the threshold. */
  readonly rank1: number;
  /** Standard deviation over the draws. */
  readonly rank1Std: number;
  readonly points: readonly IdentificationPoint[];
}
