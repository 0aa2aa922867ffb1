// The memory of a training's process, planned and measured, by batch and limit: node bench/memory/run.mjs [--batches 16,64,256,512:6.3]
//
// The paper's network, softmax over 1,000 people, two steps each in a process of its own. A number after a colon is the limit in GB.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from '../support/figures.mjs';

const { values } = parseArgs({ options: { batches: { type: 'string', default: '16,64,128:1.8,256,512:6.3' } } });
const MEASURE = fileURLToPath(new URL('../../packages/backend-onnx/test/measure-step.mjs', import.meta.url));

console.log(`${machine()}\n  batch     limit   planned  measured  planned/measured  recomputed`);
for (const [batch, limit] of values.batches.split(',').map((text) => text.split(':'))) {
  const printed = execFileSync(process.execPath, [MEASURE, batch, String(Math.round(Number(limit ?? 0) * 1e9))], {
    encoding: 'utf8',
  });
  const { planned, measured, recomputed } = JSON.parse(printed);
  const columns = [
    batch.padStart(7),
    (limit ?? 'none').padStart(9),
    (planned / 1e9).toFixed(2).padStart(9),
    (measured / 1e9).toFixed(2).padStart(9),
    (planned / measured).toFixed(2).padStart(17),
    String(recomputed).padStart(11),
  ];
  console.log(columns.join(' '));
}
