export type { FacesPolicy } from './photo.js';
export { prepare } from './prepare.js';
export type { PrepareOptions } from './options.js';
export type { WorkerRecipe } from './workers.js';
export { partDirectory, type PartNumber } from './part.js';
export { pickPhotos, tierFor, type Tier } from './tiers.js';
