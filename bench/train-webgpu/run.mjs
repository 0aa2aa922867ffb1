// Training MobileFaceNet on WebGPU, with our compiled step and with plain tfjs-backend-webgpu, in turn on the same
// adapter:
//   node bench/train-webgpu/run.mjs
//
// Both run the same step (forward, backward, SGD). The plain one uses tfjs's own backend and kernels, op by op
// (`mode: "eager"`), with the training ops composed of them. Its only kernel of ours sums many tensors, because tfjs's
// own exceeds every device's limits. `--python` names a Python with PyTorch for CUDA, which then trains the same
// network on the same GPU as well, in both memory formats and in mixed precision. Every measurement is a separate
// process. On an emulated adapter the network and the batch are small by default.
import { execFileSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { webgpu } from '@facewright/backend-webgpu';
import { createRunContainer, pluginContext } from '@facewright/core';
import { machine, median } from '../support/figures.mjs';

const text = { type: 'string' };
const { values } = parseArgs({
  options: {
    batch: text,
    size: text,
    width: text,
    steps: text,
    rounds: { ...text, default: '3' },
    python: text,
    json: { type: 'boolean', default: false },
  },
});
const { usable, reason, remedy, device, emulated } = await (
  await webgpu().create(pluginContext(createRunContainer(), 'bench'))
).probe();
if (!usable) throw new Error(`${reason}. ${remedy}`);
const defaults = emulated
  ? { batch: 4, size: 48, width: 0.25, steps: 3 }
  : { batch: 128, size: 112, width: 1, steps: 10 };
const [batch, size, width, steps] = Object.keys(defaults).map((name) => String(values[name] ?? defaults[name]));

const cli = fileURLToPath(new URL('../../apps/cli/bin/facewright.js', import.meta.url));
const measure = (mode) =>
  JSON.parse(
    execFileSync(
      process.execPath,
      [
        cli,
        'bench',
        'train',
        '--backend',
        'webgpu',
        '--options',
        JSON.stringify({ mode }),
        '--batch',
        batch,
        '--size',
        size,
        '--width',
        width,
        '--steps',
        steps,
        '--json',
        '--quiet',
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
    ),
  );
const torch = (...flags) =>
  JSON.parse(
    execFileSync(
      values.python,
      [
        fileURLToPath(new URL('../train-vs-pytorch/step.py', import.meta.url)),
        '--device',
        'cuda',
        '--threads',
        '4',
        '--batch',
        batch,
        '--steps',
        steps,
        ...flags,
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
    ),
  );
const CONTENDERS = {
  nchw: [],
  channels_last: ['--channels-last'],
  'channels_last, bfloat16': ['--channels-last', '--mixed'],
};
if (values.python && (size !== '112' || width !== '1')) throw new Error('PyTorch is compared at size 112 and width 1');

const rounds = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const load = loadavg()[0];
  const [plain, compiled] = [measure('eager'), measure('compiled')];
  if (compiled.lowering !== 'wgsl' || plain.lowering !== 'eager')
    throw new Error(`not what was to be measured: ${plain.lowering} against ${compiled.lowering}`);
  const pytorch = values.python
    ? Object.fromEntries(Object.entries(CONTENDERS).map(([name, flags]) => [name, torch(...flags)]))
    : undefined;
  rounds.push({ load, plain, compiled, pytorch, ratio: compiled.imagesPerSecond / plain.imagesPerSecond });
  for (const [name, { imagesPerSecond }] of Object.entries(pytorch ?? {}))
    console.error(`PyTorch ${name}: ${imagesPerSecond.toFixed(0)} img/s`);
  console.error(
    `round ${round + 1}: plain ${plain.imagesPerSecond.toFixed(2)} img/s, compiled ${compiled.imagesPerSecond.toFixed(2)} img/s; ratio ${rounds.at(-1).ratio.toFixed(2)}; load before ${load.toFixed(1)}`,
  );
}
const ratios = rounds.map(({ ratio }) => ratio);
const summary = {
  device,
  batch: Number(batch),
  size: Number(size),
  width: Number(width),
  steps: Number(steps),
  machine: machine(),
  medianRatio: median(ratios),
  ratios,
  rounds,
};
console.log(
  values.json
    ? JSON.stringify(summary)
    : `${device}; ${summary.machine}; batch ${batch} of ${size}×${size}, width ${width}: compiled trains ${summary.medianRatio.toFixed(2)} times as fast as plain tfjs-backend-webgpu (${ratios.map((ratio) => ratio.toFixed(2)).join(', ')})`,
);
