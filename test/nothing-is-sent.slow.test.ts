/**
 * Nothing is sent, looked up or left in the home directory: not by an engine, inside or outside a worker thread, nor by
 * the tool or the studio.
 */
import { offerEmulatedGpu } from '@facewright/test/emulated-gpu';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { sharedData } from '@facewright/test/shared-data';
import { drawPeople, patches, put, temporary, TINY, writeConfig } from './helpers/tool.js';
import { cannotWatch, watched } from './helpers/watched.js';

offerEmulatedGpu();

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const BIN = file('../apps/cli/bin/facewright.js');
const weights = sharedData('mtcnn');
const missing = cannotWatch();

/** Opens an engine and runs a step with it. Packages are imported by name from the tool's own package. */
const step = (name: string): string => `
const { default: plugin } = await import('@facewright/backend-${name}');
const { createRunContainer, pluginContext } = await import('@facewright/core');
const tf = await import('@tensorflow/tfjs-core');
const backend = await plugin().create(pluginContext(createRunContainer(), 'test'));
const { usable, reason, remedy } = await backend.probe();
if (usable) {
  const engine = await backend.open();
  const executable = engine.compile((_, { x }) => ({ outputs: { y: tf.mul(x, 2) } }));
  const { y } = await executable.run({ x: { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) } });
  console.log('computed', y.data[1]);
  await engine.dispose();
  await new Promise((resolve) => setTimeout(resolve, 1000)); // what is sent is often sent a while later
} else console.log('not usable', reason, remedy);
process.exit();`;

const inWorker = (code: string, options = '{ eval: true }'): string => `
const { Worker } = await import('node:worker_threads');
const worker = new Worker(${JSON.stringify(`import('node:module').then(async () => {${code}})`)}, ${options});
worker.on('error', (error) => { console.log(String(error)); process.exit(3); });
worker.on('exit', (code) => process.exit(code));`;

const evaluated = (code: string): string[] => ['--input-type=module', '-e', code];
const silent = { sent: [], home: [] };

describe.skipIf(missing)(`under strace${missing ? ` (skipped: ${missing})` : ''}`, () => {
  test.each(['cpu', 'wasm', 'onnx', 'webgpu', 'node-gpu'])('the %s engine', async (name) => {
    const result = await watched(evaluated(step(name)), { cwd: file('../apps/cli') });
    expect(result.output).toMatch(name === 'webgpu' || name === 'node-gpu' ? /computed 4|not usable/ : /computed 4/);
    expect(result).toMatchObject(silent);
  });

  test('onnx in a worker thread prepared by the main thread', async () => {
    const code = `await import('@facewright/backend-onnx');${inWorker(step('onnx'))}`;
    const result = await watched(evaluated(code), { cwd: file('../apps/cli') });
    expect(result.output).toContain('computed 4');
    expect(result).toMatchObject(silent);
  });

  test('onnx in a worker thread that shares the process’s environment', async () => {
    const code = inWorker(step('onnx'), "{ eval: true, env: (await import('node:worker_threads')).SHARE_ENV }");
    const result = await watched(evaluated(code), { cwd: file('../apps/cli') });
    expect(result.output).toContain('computed 4');
    expect(result).toMatchObject(silent);
  });

  test('onnx does not start in a worker thread that cannot turn telemetry off', async () => {
    const options = "{ eval: true, env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' } }";
    const result = await watched(evaluated(inWorker(step('onnx'), options)), { cwd: file('../apps/cli') });
    expect(result.output).toMatch(/usage data[\s\S]*SHARE_ENV/);
    expect(result).toMatchObject(silent);
  });

  test('the test would notice: telemetry turned on explicitly', async () => {
    const asked = { cwd: file('../apps/cli'), environment: { ORT_DISABLE_TELEMETRY: '0' } };
    const result = await watched(evaluated(step('onnx')), asked);
    expect(result.home.join()).toContain('.onnxruntime');
  });

  test('a whole run: preparation in worker threads, training, evaluation', async () => {
    const directory = await temporary();
    const { list } = await drawPeople(directory);
    await writeConfig(directory, { ...TINY, backend: 'onnx', workers: 2 });
    const args = ['run', '--data', list, '--out', 'run', '--quiet'];
    const result = await watched([BIN, ...args], { cwd: directory });
    expect(result.code, result.output).toBe(0);
    expect(result).toMatchObject(silent);
  });

  test('doctor, which looks at every engine', async () => {
    const result = await watched([BIN, 'doctor', '--json']);
    expect(result.output).toContain('onnx');
    expect(result).toMatchObject(silent);
  });

  test('the studio', async () => {
    const result = await watched([file('../apps/studio/bin/studio.js'), '--port', '0'], { stopAt: /http:\/\/\S+/ });
    expect(result.output).toMatch(/http:\/\//);
    expect(result).toMatchObject(silent);
  });

  test.skipIf(!weights)('detect with 1,000 photos on its command line (needs ../shared/data/mtcnn)', async () => {
    const directory = await temporary();
    await writeConfig(directory, { detector: { name: 'mtcnn', weights } });
    const photo = await patches(1, 40, 40).png().toBuffer();
    const paths = Array.from({ length: 1000 }, (_, i) => `photos/a photo with a long name, number ${i}.png`);
    await mkdir(join(directory, 'photos'));
    for (const path of paths) await put(join(directory, path), photo);
    const result = await watched([BIN, 'detect', ...paths, '--json'], { cwd: directory });
    expect(result.code, result.output.slice(-2000)).toBe(0);
    expect(result).toMatchObject(silent);
  });
});
