// `npm run bench`: a batch forwards and backwards, in turn with a built-in model. `npm run bench -- 3` does three rounds.
import { wasm } from '@facewright/backend-wasm';
import { mobileFaceNet } from '@facewright/models';
import { benchmarkModel, formatFigures } from '@facewright/testkit/benchmark';
import { myPlugin } from '../dist/index.js';

const rounds = Number(process.argv[2] ?? 10);
const inputSize = 32; // of both, so that the engine alone does not decide; 112 takes long on wasm
const models = [myPlugin({ inputSize }), mobileFaceNet({ inputSize, width: 0.25 })];
const figures = await benchmarkModel(models, { engine: wasm(), batch: 8, rounds });
console.log(formatFigures(figures, 'a batch of 8'));
