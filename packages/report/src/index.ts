export { createConsole, type ConsoleOptions, type ConsoleStream } from './console.js';
export { createEventLog, readEventLog, type EventLog } from './event-log.js';
export { metricsFrom, type Metrics } from './metrics.js';
export { mapPeople } from './people-map.js';
export { reportPage } from './page.js';
export type { Crop, DroppedPicture, PairPicture, Picture, Pictures } from './pictures.js';
export { tensorBoard } from './tensorboard/plugin.js';
export { writeReport, type ReportOptions } from './write-report.js';
