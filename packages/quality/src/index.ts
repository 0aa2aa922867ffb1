/** Cleaning a dataset of faces: what is wrong in it, as lists, and edits that leave the data as they are. */
export { findProblems, type FacePhoto, type FindOptions, type Problems } from './find-problems.js';
export { editDataset, editPeople, editReader, editsOf, parseEdits, type Edits } from './edits.js';
export { lookAt, type Picture } from './picture.js';
