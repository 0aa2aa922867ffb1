/** Imports and exports trained weights. */
export { parseWeights, readWeightsFile, type WeightsFile } from './weights-file.js';
export { LAYOUT_NAMES, planImport, type GraphInput, type ImportPlan, type PlanOptions } from './plan.js';
export { fitUnits, layersOf, type FitOptions, type Unit } from './units.js';
export { EMBEDDINGS, IMAGES, publishedStep, type ImageLayout, type PublishedStep } from './published-step.js';
export { graphModel, type GraphModelFiles, type GraphModelOptions } from './tfjs/graph-model.js';
export { openGraphModel } from './tfjs/run.js';
export { compareEmbeddings, compareImported, REQUIRED_COSINE, type Parity } from './parity.js';
