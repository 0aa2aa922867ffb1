// `npm run bench`: one photo. For figures beside MTCNN's, add `mtcnn({ weights })` of @facewright/preprocess and a photo
// with faces. `npm run bench -- 3` does three rounds.
import { benchmarkDetector, formatFigures } from '@facewright/testkit/benchmark';
import { myPlugin } from '../dist/index.js';

const rounds = Number(process.argv[2] ?? 10);
console.log(formatFigures(await benchmarkDetector([myPlugin()], { rounds }), 'a photo'));
