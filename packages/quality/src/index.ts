/** Cleaning a dataset of faces: lists of problems, and edits that leave the data unchanged. */
export { findProblems, type FacePhoto, type FindOptions, type Problems } from './find-problems.js';
export { editDataset, editPeople, editReader, editsOf, parseEdits, type Edits, type OnUnmatched } from './edits.js';
export { lookAt, type Picture } from './picture.js';
