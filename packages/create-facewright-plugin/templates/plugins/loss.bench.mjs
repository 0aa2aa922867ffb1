// `npm run bench`: the loss with its gradients, in turn with built-in ones. `npm run bench -- 3` does three rounds.
import { wasm } from '@facewright/backend-wasm';
import { arcFace, softmax } from '@facewright/losses';
import { benchmarkLoss, formatFigures } from '@facewright/testkit/benchmark';
import { myPlugin } from '../dist/index.js';

const rounds = Number(process.argv[2] ?? 10);
const figures = await benchmarkLoss([myPlugin(), softmax(), arcFace()], { engine: wasm(), identities: 1000, rounds });
console.log(formatFigures(figures, 'a batch of 32'));
