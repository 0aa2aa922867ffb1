// Time and memory of a whole preparation by the number of lines in its list: node bench/scale/prepare.mjs [--lines 100000,300000,1000000] [--json]
//
// Every line has a path of its own, but all of them lead to a few hundred small photos: the folders of the list are links to one. Landmarks are given,
// so nothing is detected. Each number of lines has a process of its own.
import { createRandom } from '@facewright/core';
import { encodeImage } from '@facewright/platform/node';
import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from '../support/figures.mjs';

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '100000,300000,1000000' },
    /** As in Trillion Pairs: 6,753,545 photos of 180,855 people. */
    'photos-of-person': { type: 'string', default: '37' },
    workers: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
if (!existsSync('/proc/self/status')) throw new Error('The peak of memory is read from /proc, which only Linux has.');

const CLI = fileURLToPath(new URL('../../apps/cli/bin/facewright.js', import.meta.url));
const [PHOTOS, SIDE] = [500, 32];
const POINTS = [10, 12, 22, 12, 16, 18, 11, 24, 21, 24].join(' ');
const root = mkdtempSync(join(tmpdir(), 'facewright scale '));
try {
  await writePhotos(join(root, 'photos'));
  if (!values.json) console.log(machine());
  for (const lines of values.lines.split(',').map(Number)) {
    const list = writeList(lines);
    const out = join(root, 'dataset');
    await report(lines, list, out);
    for (const path of [list, out]) rmSync(path, { recursive: true });
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}

async function writePhotos(folder) {
  mkdirSync(folder);
  const random = createRandom('photos');
  for (let photo = 0; photo < PHOTOS; photo++) {
    const data = Uint8Array.from(
      { length: SIDE * SIDE * 3 },
      (_, i) => 128 + 60 * Math.sin(i / 9 + photo) + 8 * random.uniform(),
    );
    writeFileSync(join(folder, `${photo}.jpg`), await encodeImage({ width: SIDE, height: SIDE, data }, 'jpeg'));
  }
}

function writeList(lines) {
  const list = join(root, 'list_lmk');
  const file = openSync(list, 'w');
  const ofPerson = Number(values['photos-of-person']);
  let text = '';
  for (let line = 0; line < lines; line++) {
    const folder = `f${Math.floor(line / PHOTOS)}`;
    if (line % PHOTOS === 0 && !existsSync(join(root, folder))) symlinkSync('photos', join(root, folder));
    text += `${folder}/${line % PHOTOS}.jpg ${Math.floor(line / ofPerson)} ${POINTS}\n`;
    if (text.length < 1 << 20) continue;
    writeSync(file, text);
    text = '';
  }
  writeSync(file, text);
  closeSync(file);
  return list;
}

/** The tool itself. Its process is looked at from here, so nothing of it differs from a user's. */
async function report(lines, list, out) {
  const config = join(root, 'facewright.config.json');
  writeFileSync(
    config,
    JSON.stringify({ workers: Number(values.workers), tiers: [{ name: 'all', above: 1, augment: [] }] }),
  );
  const args = ['prepare', '--data', list, '--out', out, '--config', config, '--json', '--quiet'];
  const started = performance.now();
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let [printed, peak] = ['', 0];
  child.stdout.on('data', (part) => (printed += part));
  const timer = setInterval(() => (peak = Math.max(peak, peakOf(child.pid))), 100);
  const status = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(timer);
  if (status !== 0) throw new Error(`The preparation ended with ${status}.`);
  const seconds = (performance.now() - started) / 1000;
  const { images, identities } = JSON.parse(printed);
  if (values.json) return console.log(JSON.stringify({ lines, images, identities, seconds, peak }));
  console.log(
    `${lines.toLocaleString('en').padStart(10)} lines of ${identities.toLocaleString('en')} people: ${seconds.toFixed(1)} s ` +
      `(${Math.round(lines / seconds)} a second), peak ${(peak / 2 ** 20).toFixed(0)} MiB`,
  );
}

/** 0 once it has ended. */
function peakOf(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
