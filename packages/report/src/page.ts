/** The report as one page that needs no network: style, pictures and charts are inside it. */
import type { RunEvent } from '@facewright/core';
import { historyOf } from './history.js';
import { judgeRun, type Naming } from './judge-run.js';
import { html, Html } from './html.js';
import { pageData } from './page-data.js';
import { pictureData } from './page-pictures.js';
import type { Pictures } from './pictures.js';
import { dataSection } from './sections/data.js';
import { recordSection } from './sections/record.js';
import { header, title } from './sections/summary.js';
import { trainingSection } from './sections/training.js';
import { verificationSection } from './sections/verification.js';
import { STYLE } from './style.js';
import { verdictData, verdictSection } from './verdict.js';

/** The HTML for the run with these events. */
export function reportPage(told: Iterable<RunEvent>, pictures: Pictures = {}, { nameOf }: Naming = {}): string {
  const { crops, pairs, dropped } = pictures;
  const events = [...told];
  const history = historyOf(events);
  const verdict = judgeRun(history, { nameOf });
  return wholePage(
    title(history),
    html`<main>${header(history)}
${verdictSection(verdict)}
${verificationSection(history, pairs)}
${trainingSection(history)}
${dataSection(history, crops, dropped)}
${recordSection(history)}
<footer>Written by facewright.${history.training && ' Figures: metrics.json; every event: events.jsonl.'}</footer></main>${pageData(events)}${verdictData(verdict)}${pictureData(pictures)}`,
  );
}

/** A whole page with the report's style. Its policy lets it load nothing. */
export const wholePage = (title: string, body: Html): string =>
  html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"><title>${title}</title><style>${new Html(STYLE)}</style></head>
<body>${body}</body></html>
`.text;
