// Recipes that differ in their losses, on LFW's people with and without wrong labels, seed by seed:
//   node bench/label-noise/run.mjs
//   --part noise     40 % of the labels flipped: ArcFace with and without look-alikes left out, and on clean labels
//   --part sampled   a head on a sample of its people against the whole head
//   --seeds 1,2,3    --above 0.4    --rate 0.1
//
// Each training is a process of its own, and is not repeated if its result is in --out already. Differences are paired by seed, with Student's 95 %
// interval as `facewright compare` computes it. See README.md.
import { contestOf } from '@facewright/report';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from '../support/figures.mjs';
import { OPTIONS } from './options.mjs';

const { seed: _, loss: __, flipped: ___, ...shared } = OPTIONS;
const { values } = parseArgs({
  options: {
    ...shared,
    part: { type: 'string', multiple: true, default: ['noise', 'sampled'] },
    seeds: { type: 'string', default: '1,2,3' },
    above: { type: 'string', default: '0.4' },
    share: { type: 'string', default: '0.4' },
    rate: { type: 'string', default: '0.1' },
  },
});
const { part, seeds, above, share, rate, out: chosen, ...training } = values;
const out = chosen ?? fileURLToPath(new URL('../../node_modules/.cache/label-noise', import.meta.url));

/** The bench's two stages, with these options in the second, or in both. */
const stages = (second = {}, first = {}) =>
  JSON.stringify([
    { name: 'softmax', ...first },
    { name: 'arcface', s: 32, m: 0.4, ...second },
  ]);

/** The accuracies of a recipe over all seeds, as `facewright compare` holds them. */
function recipe(name, loss, flipped) {
  const values = seeds.split(',').map((seed) => {
    const size = Object.values(training).join('-').replaceAll('/', '_');
    const directory = join(out, `${name}-${flipped}-${size}-seed${seed}`);
    if (!existsSync(join(directory, 'result.json'))) train({ ...training, loss, flipped, seed, out: directory });
    const { accuracy } = JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8'));
    return { seed: Number(seed), value: accuracy };
  });
  const mean = values.reduce((sum, { value }) => sum + value, 0) / values.length;
  console.log(
    `${name.padEnd(32)} ${values.map(({ value }) => percent(value)).join('  ')}   mean ${percent(mean)}, ${100 * flipped} % of the labels flipped`,
  );
  return { name, accuracy: { values, mean } };
}

function train(options) {
  mkdirSync(options.out, { recursive: true });
  const passed = Object.entries(options).flatMap(([name, value]) => (value ? [`--${name}`, String(value)] : []));
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, 'train.mjs'), ...passed], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error(`The training ended with ${status}.`);
}

const percent = (value) => `${(100 * value).toFixed(2)} %`;
const points = (value) => (100 * value).toFixed(2);
function compare(first, second) {
  const { mean, interval } = contestOf(first, second);
  const between = interval ? ` (95 % interval ${points(interval[0])} to ${points(interval[1])})` : '';
  console.log(`  ${first.name} against ${second.name}: ${points(mean)} points${between}`);
}

console.log(`LFW's 158 people, ${values.epochs} epochs, width ${values.width}, ${machine()}`);
if (part.includes('noise')) {
  const filter = { filterAbove: Number(above) };
  const plain = recipe('arcface', stages(), share);
  const filtered = recipe(`arcface-filter-${above}`, stages(filter), share);
  compare(filtered, plain);
  const cleanPlain = recipe('arcface', stages(), '0');
  const cleanFiltered = recipe(`arcface-filter-${above}`, stages(filter), '0');
  compare(cleanFiltered, cleanPlain);
}
if (part.includes('sampled')) {
  const sample = { sampleRate: Number(rate) };
  compare(recipe(`arcface-sampled-${rate}`, stages(sample, sample), '0'), recipe('arcface', stages(), '0'));
}
