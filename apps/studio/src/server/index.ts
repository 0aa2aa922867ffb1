/** The page's own server, on this machine alone: the page, the runs of a directory, and the detector's weights. It accepts no photos and no other uploads. */
export { startStudio, type Studio, type StudioOptions } from './server.js';
export { findRuns, type FoundRun } from './find-runs.js';
