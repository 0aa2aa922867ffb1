/** A run's files besides its events: the pictures in its report, and the verdict in its metrics. */
import { picturesOfPage, readVerdict, verdictOfPage, type Pictures, type Verdict } from '@facewright/report';

export interface Extras {
  readonly pictures: Pictures;
  readonly verdict?: Verdict;
}

interface Sources {
  /** Text of `report.html`. */
  report?(): Promise<string>;
  /** Text of `metrics.json`. */
  metrics?(): Promise<string>;
}

/** A missing or damaged file gives nothing; the report based on the events works without it. */
export async function extrasOf({ report, metrics }: Sources): Promise<Extras> {
  const [page, figures] = await Promise.all([report, metrics].map((read) => read?.().catch(() => undefined)));
  const verdict = (figures && readVerdict(figures)) || (page && verdictOfPage(page));
  return { pictures: page === undefined ? {} : picturesOfPage(page), ...(verdict && { verdict }) };
}
