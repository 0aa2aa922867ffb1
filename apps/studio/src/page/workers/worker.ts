/**
 * The worker side of the page: one file for matching and training, so that shared code is downloaded and cached once.
 * Each page starts its own.
 */
import { expose } from 'comlink';
import { matcher } from './matcher.js';
import { trainer } from './trainer.js';

const worker = { ...matcher, ...trainer };
export type Work = typeof worker;

expose(worker);
