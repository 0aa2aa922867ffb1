// `npm run bench`: a stage of 1,000 steps, in turn with a built-in criterion. `npm run bench -- 3` does three rounds.
import { benchmarkCriterion, formatFigures } from '@facewright/testkit/benchmark';
import { plateauCriterion } from '@facewright/training';
import { myPlugin } from '../dist/index.js';

const rounds = Number(process.argv[2] ?? 10);
console.log(formatFigures(await benchmarkCriterion([myPlugin(), plateauCriterion()], { rounds }), '1,000 steps'));
