// `npm run bench`: one face, in turn with the built-in aligner. `npm run bench -- 3` does three rounds.
import { fivePoint } from '@facewright/preprocess';
import { benchmarkAligner, formatFigures } from '@facewright/testkit/benchmark';
import { myPlugin } from '../dist/index.js';

const rounds = Number(process.argv[2] ?? 10);
console.log(formatFigures(await benchmarkAligner([myPlugin(), fivePoint()], { rounds }), 'a face'));
