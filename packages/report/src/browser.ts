/**
 * The part of this package that runs in a browser: the charts and sections of the report, and the events and metrics
 * behind them.
 */
export { chart, smooth, type Chart, type Points, type Series } from './chart.js';
export { parseEvents } from './event-lines.js';
export { count, duration, figure, pace, percent, timeRange } from './format.js';
export { historyOf, type History } from './history.js';
export { html, Html } from './html.js';
export { metricsFrom, type Metrics } from './metrics.js';
export { reportPage } from './page.js';
export { mapPeople } from './people-map.js';
export { eventsOfPage } from './page-data.js';
export { picturesOfPage } from './page-pictures.js';
export type { Crop, DroppedPicture, PairPicture, Picture, Pictures } from './pictures.js';
export type { NamedRun } from './recipes.js';
export { comparisonSection } from './sections/comparison.js';
export { dataSection } from './sections/data.js';
export { recordSection } from './sections/record.js';
export { header } from './sections/summary.js';
export { trainingSection } from './sections/training.js';
export { verificationSection } from './sections/verification.js';
export { STYLE } from './style.js';
export { readVerdict, verdictOfPage, verdictSection, type Verdict } from './verdict.js';
