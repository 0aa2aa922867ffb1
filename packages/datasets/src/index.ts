/** Where photos come from and where aligned images go. */
export { folder, alignedFolder } from './readers/folder.js';
export { trillionPairs } from './readers/trillion-pairs.js';
export { insightFaceRec } from './readers/insightface-rec.js';
export { webdataset } from './readers/webdataset.js';
export { zip } from './readers/zip.js';
export { createDatasetWriter, type DatasetWriterOptions } from './dataset/writer.js';
export { openDataset } from './dataset/open.js';
export { readPairs, type Pair, type PairsFile } from './verification/pairs.js';
export { openImages, type ImageSource } from './verification/images.js';
export { generateSample, type Sample as GeneratedSample, type SampleOptions } from './sample/generate.js';
