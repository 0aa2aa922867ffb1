/** Every loss of this package, in the order in which they are listed for people. */
import { adaFace } from './adaface.js';
import { arcFace } from './arcface.js';
import { combinedMargin } from './combined-margin.js';
import { cosFace } from './cosface.js';
import { curricularFace } from './curricularface.js';
import { magFace } from './magface.js';
import { normalisedSoftmax } from './normalised-softmax.js';
import { softmax } from './softmax.js';
import { subCentreArcFace } from './sub-centre-arcface.js';

export const LOSSES = [
  softmax,
  normalisedSoftmax,
  arcFace,
  cosFace,
  combinedMargin,
  subCentreArcFace,
  adaFace,
  magFace,
  curricularFace,
] as const;
