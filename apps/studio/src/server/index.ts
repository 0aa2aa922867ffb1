/**
 * The page's own server, only on this machine: the page, the runs in a directory, and the detector's weights. It
 * accepts no photos or other uploads.
 */
export { startStudio, type Studio, type StudioOptions } from './server.js';
export { findRuns, type FoundRun } from './find-runs.js';
