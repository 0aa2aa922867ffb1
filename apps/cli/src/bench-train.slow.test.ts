/** The same function measures every engine that works here. */
import { createRunContainer, pluginContext } from '@facewright/core';
import { arcFace } from '@facewright/losses';
import { mobileFaceNet } from '@facewright/models';
import { sgd } from '@facewright/training';
import { expect, test } from 'vitest';
import { benchTrain } from './bench-train.js';
import { backendsOf, pluginsOf } from '@facewright/run';
import { builtins } from './builtins.js';

/** How each engine lowers a margin loss's step: no compiling engine may run it op by op. */
const LOWERING: Readonly<Record<string, RegExp>> = {
  onnx: /^(std|blocked)$/,
  'node-gpu': /^function$/,
  webgpu: /^wgsl$/,
  xla: /^stablehlo$/,
  wasm: /^eager$/,
  cpu: /^eager$/,
};

test.each(backendsOf(pluginsOf(builtins)).map((factory) => [factory.meta.name, factory] as const))(
  '%s',
  async (name, factory) => {
    const context = pluginContext(createRunContainer(), 'test');
    const backend = await factory().create(context);
    const { usable, reason } = await backend.probe();
    if (!usable) {
      expect(reason).toBeTruthy();
      return;
    }
    const [model, loss, optimiser] = await Promise.all([
      mobileFaceNet({ inputSize: 16, width: 0.125, embeddingSize: 8, bottlenecks: [[1, 64, 1, 2]] }).create(context),
      arcFace().create(context),
      sgd().create(context),
    ]);
    const engine = await backend.open();
    const progress: number[] = [];
    const result = await benchTrain({
      engine,
      model,
      loss,
      optimiser,
      lossName: 'arcface',
      classes: 5,
      batch: 8,
      parts: 2,
      steps: 3,
      emit: (_, event) => void progress.push((event as { done: number }).done),
    });
    await engine.dispose();
    expect(result).toEqual({
      backend: name,
      lowering: expect.stringMatching(LOWERING[name]),
      loss: 'arcface',
      batch: 8,
      imagesPerSecond: expect.any(Number),
      warmUpSeconds: expect.any(Number),
      peakMemoryBytes: expect.any(Number),
    });
    expect(result.imagesPerSecond).toBeGreaterThan(0);
    expect(result.peakMemoryBytes).toBeGreaterThan(5e7);
    expect(progress).toEqual([1, 2, 3, 4, 5]);
  },
);
