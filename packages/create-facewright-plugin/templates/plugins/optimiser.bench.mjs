// `npm run bench`: an update of a million parameters, in turn with built-in optimisers. `npm run bench -- 3` does three
// rounds.
import { wasm } from '@facewright/backend-wasm';
import { benchmarkOptimiser, formatFigures } from '@facewright/testkit/benchmark';
import { adam, sgd } from '@facewright/training';
import { myPlugin } from '../dist/index.js';

const rounds = Number(process.argv[2] ?? 10);
const figures = await benchmarkOptimiser([myPlugin(), sgd(), adam()], { engine: wasm(), rounds });
console.log(formatFigures(figures, 'an update'));
