// `npm run bench`: 1,000 steps of training, in turn with a built-in logger. `npm run bench -- 3` does three rounds.
import { tensorBoard } from '@facewright/report';
import { benchmarkLogger, formatFigures } from '@facewright/testkit/benchmark';
import { myPlugin } from '../dist/index.js';

const rounds = Number(process.argv[2] ?? 10);
console.log(formatFigures(await benchmarkLogger([myPlugin(), tensorBoard()], { rounds }), '1,000 steps'));
