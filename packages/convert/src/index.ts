/** Trained weights in and out. */
export { parseWeights, readWeightsFile, type WeightsFile } from './weights-file.js';
export { LAYOUT_NAMES, planImport, type ImportPlan, type PlanOptions } from './plan.js';
export { fitUnits, layersOf, type FitOptions, type Unit } from './units.js';
