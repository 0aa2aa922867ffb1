/** An export's README, used unchanged: its Python and TypeScript give the cosine it promises. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cpu } from '@facewright/backend-cpu';
import { createRandom } from '@facewright/core';
import { mobileFaceNet } from '@facewright/models';
import { createFivePointAligner } from '@facewright/preprocess';
import { findPython } from '@facewright/test/python';
import { openEngine, testContext } from '@facewright/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExportFormat } from './export-card.js';
import { exportModel } from './export-model.js';
import { parityImages } from './parity-images.js';

const { python, missing } = findPython('python-align', ['onnxruntime', 'numpy', 'opencv-python-headless']);

// inside the repository, so that the TypeScript finds its packages
const here = join(import.meta.dirname, '..');
await mkdir(join(here, 'out'), { recursive: true });
const root = await mkdtemp(join(here, 'out', 'readme-'));
afterAll(() => rm(root, { recursive: true }));

/** Installs onnxruntime as published: in the repository the package holds no library. */
beforeAll(() =>
  execFileSync(process.execPath, [
    join(here, '../../packages/onnxruntime/scripts/packages.mjs'),
    `${process.platform}-${process.arch}`,
    '--to',
    join(root, 'node_modules/@facewright'),
  ]),
);

type Case = readonly [
  format: ExportFormat,
  layout: 'nchw' | 'nhwc',
  inputSize: readonly [height: number, width: number],
];

const onnxCases: readonly Case[] = [
  ['onnx', 'nchw', [112, 112]],
  ['onnx', 'nhwc', [112, 96]],
  ['onnx', 'nchw', [64, 64]],
];
const cases: readonly Case[] = [...onnxCases, ['tfjs', 'nhwc', [112, 112]], ['tfjs', 'nchw', [64, 64]]];

async function exported(...[format, layout, [height, width]]: Case): Promise<{ out: string; text: string }> {
  const options = { inputSize: [height, width] as [number, number], width: 0.25, embeddingSize: 32 };
  const model = await mobileFaceNet(options).create(testContext());
  const out = join(root, `${format}-${layout}-${height}-${width}`);
  const { fingerprint, size } = createFivePointAligner(112);
  const verified = { on: 'pairs', pairs: 600, accuracy: 0.9, std: 0.01, threshold: 0.31 };
  await exportModel({
    files: {
      card: {
        format: 1,
        model: { name: 'mobilefacenet', options },
        inputSize: [height, width],
        embeddingSize: 32,
        alignment: { fingerprint, size },
        metrics: [{ ...verified, tarAtFar: { '1e-2': 0.8 }, thresholdAtFar: { '1e-2': 0.42 } }],
      },
      ...model.init(createRandom(1)),
    },
    model,
    engine: await openEngine(cpu()),
    format,
    layout,
    out,
    comparison: await parityImages(join(root, 'model'), model.inputSize, 2),
  });
  return { out, text: await readFile(join(out, 'README.md'), 'utf8') };
}

const block = (text: string, language: string): string =>
  new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(text)![1];
const cosineIn = (text: string): number => Number(/cosine (-?[\d.]+)/.exec(text)![1]);
const promised = (text: string): number => Number(/\.toFixed\(4\)\); \/\/ (-?[\d.]+)\n/.exec(block(text, 'ts'))![1]);

test.each(cases)('the TypeScript of the README, %s %s %o', async (...each) => {
  const { out, text } = await exported(...each);
  expect(text).toContain('| 1e-2 | 0.4200 | 80.00 % |');
  expect(text).toContain('| nose | 56.0252 | 71.7366 |');
  // the compiler checks its types
  const plain = block(text, 'ts')
    .replace(/: \[number, number\]\[\]/g, '')
    .replace(/ as (Float32Array|tf\.Tensor)/g, '')
    .replace(/file: string/, 'file');
  const told = execFileSync(process.execPath, ['--input-type=module', '-e', plain], { cwd: out, encoding: 'utf8' });
  expect(Math.abs(cosineIn(told) - promised(text))).toBeLessThan(2e-4);
});

test('onnxruntime sends no usage data: that is turned off before it loads', async () => {
  const { out, text } = await exported(...onnxCases[0]);
  const off = 'ORT_DISABLE_TELEMETRY';
  const plain = block(text, 'ts').replace(/\nconst aligner[^]*/, `\nconsole.log(process.env.${off});`);
  const run = { cwd: out, env: { ...process.env, [off]: undefined }, encoding: 'utf8' } as const;
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', plain], run)).toBe('1\n');
  const align = await readFile(join(out, 'align.py'), 'utf8');
  expect(align).toContain(off);
  expect(align.indexOf(off)).toBeLessThan(align.search(/^import onnxruntime$/m));
});

test.skipIf(missing).each(onnxCases)(
  `the Python of the README, %s %s %o${missing ? ` (skipped: ${missing})` : ''}`,
  async (...each) => {
    const { out, text } = await exported(...each);
    const told = execFileSync(python!, ['-c', block(text, 'python')], {
      cwd: out,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
      encoding: 'utf8',
    });
    expect(Math.abs(cosineIn(told) - promised(text))).toBeLessThan(2e-4);
  },
);
