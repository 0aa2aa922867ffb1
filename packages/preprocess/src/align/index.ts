export { cropByBox } from './box-crop.js';
export { centralFace } from './central-face.js';
export { createFivePointAligner, fivePoint, INSIGHTFACE_TEMPLATE, templateFor } from './five-point.js';
export { alignInPhoto, faceInImage, faceInPhoto, photoSize } from './in-photo.js';
export { fitSimilarity, inverse, transform, type Similarity } from './similarity.js';
export { warp } from './warp.js';
