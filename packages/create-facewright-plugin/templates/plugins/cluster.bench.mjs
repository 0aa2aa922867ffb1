// `npm run bench`: sums of a million numbers, in turn with one process by itself. Start it with your launcher, on as many
// processes as you like. `npm run bench -- 3` does three rounds.
import { single } from '@facewright/training';
import { benchmarkCluster, formatFigures } from '@facewright/testkit/benchmark';
import { myPlugin } from '../dist/index.js';

const rounds = Number(process.argv[2] ?? 10);
console.log(formatFigures(await benchmarkCluster([myPlugin(), single()], { rounds }), 'a sum'));
