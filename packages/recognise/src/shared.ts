/** Exports common to Node and browsers. */
export {
  recogniserFrom,
  type Comparison,
  type EmbeddedFace,
  type Enrolment,
  type FaceOptions,
  type FacesOptions,
  type IdentifiedFace,
  type IdentifyOptions,
  type PhotoInput,
  type Recogniser,
  type RecogniserParts,
  type ThresholdOptions,
} from './recogniser.js';
export type { Candidate } from './gallery.js';
export type { Threshold } from './thresholds.js';
