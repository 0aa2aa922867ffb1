/** What of this package runs in a browser: the plan of the generated sample and its drawings, which a page turns into pixels itself. */
export { planSample, type PlannedPhoto } from './sample/plan.js';
export { drawSvg, expose } from './sample/drawing.js';
