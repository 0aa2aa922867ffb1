/** Exports common to Node and browsers. */
export {
  recogniserFrom,
  type Comparison,
  type EmbeddedFace,
  type Enrolment,
  type FaceOptions,
  type FacesOfItem,
  type FacesOptions,
  type IdentifiedFace,
  type IdentifyOptions,
  type PhotoInput,
  type Recogniser,
  type RecogniserParts,
  type ThresholdOptions,
} from './recogniser.js';
export { Gallery, type Candidate, type GalleryModel } from './gallery.js';
export { modelIdentity } from './model-identity.js';
export type { Threshold } from './thresholds.js';
