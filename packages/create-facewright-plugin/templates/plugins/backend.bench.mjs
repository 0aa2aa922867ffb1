// `npm run bench`: a training step of a small network, in turn with a built-in engine. `npm run bench -- 3` does three
// rounds.
import { wasm } from '@facewright/backend-wasm';
import { benchmarkBackend, formatFigures } from '@facewright/testkit/benchmark';
import { myPlugin } from '../dist/index.js';

const rounds = Number(process.argv[2] ?? 10);
const figures = await benchmarkBackend([myPlugin(), wasm()], { batch: 8, side: 28, rounds });
console.log(formatFigures(figures, 'a batch of 8'));
