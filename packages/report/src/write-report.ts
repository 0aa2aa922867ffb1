/** Writes `metrics.json` and `report.html` of a run directory from its `events.jsonl`. */
import { join, relative, sep } from 'node:path';
import { writeFileAtomic } from '@facewright/platform/node';
import { readRunEvents } from './event-log.js';
import { metricsFrom, type Metrics } from './metrics.js';
import { reportPage } from './page.js';
import type { Pictures } from './pictures.js';

export interface ReportOptions extends Pictures {
  /** Contains `events.jsonl`; the results are written next to it. */
  readonly directory: string;
}

export async function writeReport({
  directory,
  ...pictures
}: ReportOptions): Promise<{ report: string; metrics: Metrics }> {
  const events = await readRunEvents(join(directory, 'events.jsonl'));
  const named = { nameOf: shortest };
  const metrics = metricsFrom(events, named);
  const report = join(directory, 'report.html');
  await writeFileAtomic(join(directory, 'metrics.json'), `${JSON.stringify(metrics, null, 2)}\n`);
  await writeFileAtomic(report, reportPage(events, pictures, named));
  return { report, metrics };
}

/** As one would type it here: relative if it is below the working directory. */
function shortest(path: string): string {
  const short = relative('.', path);
  return short && short.split(sep)[0] !== '..' ? short : path;
}
