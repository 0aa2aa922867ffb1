/** The part that needs Node: reading trained weights from files. */
export * from './insightface-y1.js';
