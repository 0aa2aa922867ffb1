/**
 * What a whole training step does on an H100, compiled here for it: the paper's network on 128 images. The limits are
 * what it takes now; whatever adds a pass over the activations is noticed.
 */
import { capture, simplify } from '@facewright/capture';
import { createRandom, createRunContainer, pluginContext, type Loss } from '@facewright/core';
import { arcFace, softmax } from '@facewright/losses';
import { mobileFaceNet } from '@facewright/models';
import { firstState, sgd, trainStep } from '@facewright/training';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cudaPlugin } from '../../test/cuda-plugin.js';
import { lower } from '../lowering/lower.js';
import type { Precision } from '../lowering/tensors.js';
import { compileForH100, countProgram, type ProgramCounts } from './h100.js';

const here = await cudaPlugin();
const BATCH = 128;

async function stepText(
  made: (context: ReturnType<typeof pluginContext>) => Loss | Promise<Loss>,
  classes: number,
  precision: Precision,
): Promise<string> {
  const context = pluginContext(createRunContainer({ seed: 1 }), 'test');
  const model = await mobileFaceNet().create(context);
  const loss = await made(context);
  const optimiser = await sgd({ momentum: 0.9, weightDecay: 5e-4 }).create(context);
  const { state } = firstState(model, { loss, optimiser }, classes, createRandom('step'));
  const inputs = {
    images: { shape: [BATCH, ...model.inputSize, 3], dtype: 'uint8' },
    mirrored: { shape: [BATCH], dtype: 'uint8' },
    labels: { shape: [BATCH], dtype: 'int32' },
    rate: { shape: [], dtype: 'float32' },
  } as const;
  const graph = simplify(capture(trainStep(model, loss, optimiser), { state, inputs }, { name: 'train' }));
  return lower(graph, { platform: 'cuda', devices: 1, statistics: 1, precision }).text;
}

async function counted(text: string): Promise<ProgramCounts> {
  const directory = await mkdtemp(join(tmpdir(), 'facewright-h100-'));
  try {
    return countProgram(await compileForH100('path' in here ? here.path : '', text, directory));
  } finally {
    await rm(directory, { recursive: true });
  }
}

test.skipIf('missing' in here).each([
  [
    'softmax over 1,000 in float32',
    softmax,
    1000,
    'float32',
    { kernels: 940, copies: 90, transposes: 120, gigabytes: 24.1 },
  ],
  [
    'ArcFace over 68,000 in bfloat16',
    arcFace,
    68_000,
    'bfloat16',
    { kernels: 980, copies: 115, transposes: 120, gigabytes: 15.4 },
  ],
] as const)('%s', { timeout: 600_000 }, async (_, loss, classes, precision, limits) => {
  const { bytes, byKind, ...counts } = await counted(
    await stepText((context) => loss().create(context), classes, precision),
  );
  const found = { ...counts, gigabytes: bytes / 1e9 };
  for (const [name, limit] of Object.entries(limits))
    expect(found[name as keyof typeof found], `${name} of ${JSON.stringify(found)}`).toBeLessThanOrEqual(limit);
  expect(byKind['__cudnn$convBackwardFilter'], 'one call per layer').toBe(48);
});

test.skipIf(!('missing' in here))(`a step on an H100 (skipped: ${'missing' in here ? here.missing : ''})`, () => {});
