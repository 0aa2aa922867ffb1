/**
 * The part of this package that runs in a browser: the plan and the drawings of the generated sample. The page renders
 * them to pixels.
 */
export { planSample, type PlannedPhoto } from './sample/plan.js';
export { drawSvg, expose } from './sample/drawing.js';
