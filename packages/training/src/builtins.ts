/** Every optimiser and criterion of this package. */
import { accuracyCriterion } from './criteria/accuracy.js';
import { epochsCriterion, stepsCriterion } from './criteria/limits.js';
import { plateauCriterion } from './criteria/plateau.js';
import { adam, adamW } from './optimisers/adam.js';
import { sgd } from './optimisers/sgd.js';

export const OPTIMISERS = [sgd, adam, adamW] as const;
export const CRITERIA = [stepsCriterion, epochsCriterion, plateauCriterion, accuracyCriterion] as const;
