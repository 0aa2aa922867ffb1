export type { FacesPolicy } from './photo.js';
export { prepare, type PrepareOptions } from './prepare.js';
export type { WorkerRecipe } from './workers.js';
export { pickPhotos, tierFor, type Tier } from './tiers.js';
