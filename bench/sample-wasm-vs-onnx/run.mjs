// Training of the sample run on wasm and on onnx, in turn on the same machine:
//   node bench/sample-wasm-vs-onnx/run.mjs --rounds 3
//
// The drawn people, network, stages and seed are those of `facewright run --sample`; only the engine differs. Every
// training is a separate process, `facewright train`, and the figures come from its own events: images per second
// between the first and the last step, including the engine's compilations, decoding, validations and checkpoints.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../support/figures.mjs';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
});
const cli = fileURLToPath(new URL('../../apps/cli/bin/facewright.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'facewright-bench-'));
const facewright = (...args) =>
  execFileSync(process.execPath, [cli, ...args, '--quiet', '--json'], {
    encoding: 'utf8',
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  });

try {
  facewright('run', '--sample', '--out', 'sample', '--backend', 'onnx');

  const train = (backend) => {
    facewright(
      'train',
      '--data',
      'sample/dataset',
      '--out',
      backend,
      '--preset',
      'sample',
      '--backend',
      backend,
      '--force',
    );
    const events = readFileSync(join(directory, backend, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { steps, seconds, imagesPerSecond } = events.find(({ type }) => type === 'train.finished');
    return { steps, seconds, imagesPerSecond };
  };
  const rounds = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const load = loadavg()[0];
    const [wasm, onnx] = [train('wasm'), train('onnx')];
    rounds.push({ load, wasm, onnx, ratio: onnx.imagesPerSecond / wasm.imagesPerSecond });
    console.error(
      `round ${round + 1}: wasm ${wasm.imagesPerSecond.toFixed(1)} img/s (${wasm.steps} steps in ${wasm.seconds.toFixed(1)} s), onnx ${onnx.imagesPerSecond.toFixed(1)} img/s (${onnx.steps} in ${onnx.seconds.toFixed(1)} s); ratio ${rounds.at(-1).ratio.toFixed(2)}; load before ${load.toFixed(1)}`,
    );
  }
  const ratios = rounds.map(({ ratio }) => ratio);
  const summary = {
    machine: `${cpus()[0].model}, ${availableParallelism()} cores`,
    medianRatio: median(ratios),
    ratios,
    rounds,
  };
  console.log(
    values.json
      ? JSON.stringify(summary)
      : `sample run, ${summary.machine}: onnx trains ${summary.medianRatio.toFixed(2)} times as fast as wasm (${ratios.map((ratio) => ratio.toFixed(2)).join(', ')})`,
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
