// How opening, drawing and training grow with the number of images: node bench/scale/run.mjs [--images 1000000,5000000,15090270] [--crops <dataset>]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeCrops, writeScaled } from './write-dataset.mjs';

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '1000000,5000000,15090270' },
    people: { type: 'string', default: '67960' },
    batch: { type: 'string', default: '32' },
    crops: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
if (!existsSync('/proc/self/status')) throw new Error('The peak of memory is read from /proc, which only Linux has.');

const root = mkdtempSync(join(tmpdir(), 'facewright scale '));
try {
  const crops = values.crops ?? join(root, 'crops');
  if (!values.crops) await writeCrops(crops);
  for (const images of values.images.split(',').map(Number)) {
    const [directory, out] = [join(root, 'dataset'), join(root, 'run')];
    await writeScaled({ crops, directory, images, people: Math.min(Number(values.people), images / 4) });
    console.log(`\n${images.toLocaleString('en')} images`);
    for (const resume of [false, true]) report(directory, out, resume);
    rmSync(out, { recursive: true });
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}

function report(dataset, out, resume) {
  const args = ['--dataset', dataset, '--out', out, '--batch', values.batch, ...(resume ? ['--resume'] : [])];
  const { status, stdout } = spawnSync(process.execPath, [join(import.meta.dirname, 'measure.mjs'), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`The measurement ended with ${status}.`);
  if (values.json) process.stdout.write(stdout);
  else
    for (const line of stdout.trim().split('\n')) {
      const { phase, seconds, bytes } = JSON.parse(line);
      const memory = (bytes / 2 ** 20).toFixed(0).padStart(7);
      console.log(`  ${phase.padEnd(20)} ${seconds.toFixed(1).padStart(7)} s ${memory} MiB above idle`);
    }
}
