/** Exports common to Node and browsers. */
export {
  recogniserFrom,
  type Comparison,
  type Enrolment,
  type IdentifiedFace,
  type IdentifyOptions,
  type Recogniser,
  type RecogniserParts,
  type ThresholdOptions,
} from './recogniser.js';
export { LARGE_PHOTO } from './faces.js';
export type { EmbeddedFace, FaceOptions, FacesOfItem, FacesOptions, PhotoInput } from './faces.js';
export { Gallery, type Candidate, type GalleryModel } from './gallery.js';
export { modelIdentity } from './model-identity.js';
export { thresholdFor, type Threshold } from './thresholds.js';
