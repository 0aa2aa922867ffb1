// The training of the sample run on wasm and on onnx, in turn on the same machine: node bench/sample-wasm-vs-onnx/run.mjs --steps 30 --rounds 3
// Same drawn people, net, preset and seed; only the engine differs. Every training is a process of its own, `facewright train`, and what counts is
// what its own events say: images a second between the first and the last step, validation included.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateSample } from '@facewright/datasets';

const { values } = parseArgs({ options: { steps: { type: 'string', default: '30' }, rounds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } } });
const cli = fileURLToPath(new URL('../../apps/cli/bin/facewright.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'facewright-bench-'));
const facewright = (...args) => execFileSync(process.execPath, [cli, ...args, '--quiet', '--json'], { encoding: 'utf8', cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] });
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

try {
  // landmarks come with the drawn people: nothing need be detected
  const { list } = await generateSample({ directory: join(directory, 'people'), people: 24, photos: 8 });
  const steps = Number(values.steps);
  const stage = (loss, rate) => ({ loss, optimiser: 'adam', rate, until: { steps } });
  writeFileSync(join(directory, 'facewright.config.json'), JSON.stringify({
    tiers: [{ name: 'all', above: 0, augment: ['opening'] }], heldOut: { identities: 2 }, stages: [stage('softmax', 2e-3), stage({ name: 'arcface', s: 32, m: 0.4 }, 7e-4)],
  }));
  facewright('prepare', '--data', list, '--out', 'dataset');

  const train = (backend) => {
    facewright('train', '--data', 'dataset', '--out', backend, '--preset', 'sample', '--backend', backend, '--force');
    const events = readFileSync(join(directory, backend, 'events.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    const { seconds, imagesPerSecond } = events.find(({ type }) => type === 'train.finished');
    return { seconds, imagesPerSecond };
  };
  const rounds = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const load = loadavg()[0];
    const [wasm, onnx] = [train('wasm'), train('onnx')];
    rounds.push({ load, wasm, onnx, ratio: onnx.imagesPerSecond / wasm.imagesPerSecond });
    console.error(`round ${round + 1}: wasm ${wasm.imagesPerSecond.toFixed(1)} img/s in ${wasm.seconds.toFixed(1)} s, onnx ${onnx.imagesPerSecond.toFixed(1)} img/s in ${onnx.seconds.toFixed(1)} s; ratio ${rounds.at(-1).ratio.toFixed(2)}; load before ${load.toFixed(1)}`);
  }
  const ratios = rounds.map(({ ratio }) => ratio);
  const summary = { steps: 2 * steps, machine: `${cpus()[0].model}, ${availableParallelism()} cores`, medianRatio: median(ratios), ratios, rounds };
  console.log(values.json ? JSON.stringify(summary) : `sample preset, ${2 * steps} steps, ${summary.machine}: onnx trains ${summary.medianRatio.toFixed(2)} times as fast as wasm (${ratios.map((ratio) => ratio.toFixed(2)).join(', ')})`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
