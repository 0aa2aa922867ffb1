/** The page's own server, on this machine alone: the page, the runs of a directory, and the detector's weights. It takes no photos, nor anything else. */
export { startStudio, type Studio, type StudioOptions } from './server.js';
export { findRuns, type FoundRun } from './runs.js';
