// `npm run bench`: one aligned image, in turn with built-in augmenters. `npm run bench -- 3` does three rounds.
import { gaussianNoise, opening } from '@facewright/preprocess';
import { benchmarkAugmenter, formatFigures } from '@facewright/testkit/benchmark';
import { myPlugin } from '../dist/index.js';

const rounds = Number(process.argv[2] ?? 10);
console.log(formatFigures(await benchmarkAugmenter([myPlugin(), opening(), gaussianNoise()], { rounds }), 'an image'));
