/** Runs in a reading thread (see batch-reader.ts). */
import { workerData } from 'node:worker_threads';
import { createFill, type FillData } from './fill.js';

export default createFill(workerData as FillData);
