/**
 * What `defineConfig` accepts and rejects. The compiler checks this file; running it checks that every built-in plugin
 * is included.
 */
import { expect, test } from 'vitest';
import type { KnownPlugins, PluginKind } from '@facewright/core';
import { builtins } from './builtins.js';
import { defineConfig, plugin, type RunConfigInput } from './index.js';

/** The compiler rejects a missing name here, and one too many. */
const typed: { readonly [K in PluginKind]: { readonly [Name in keyof KnownPlugins[K]]: true } } = {
  reader: {
    folder: true,
    'trillion-pairs': true,
    'aligned-folder': true,
    'flat-folder': true,
    'insightface-rec': true,
    webdataset: true,
    zip: true,
  },
  detector: { mtcnn: true, landmarks: true },
  aligner: { 'five-point': true },
  augmenter: { opening: true, 'gaussian-noise': true, 'salt-and-pepper': true },
  model: { mobilefacenet: true, mobilenetv2: true },
  loss: {
    softmax: true,
    'normalised-softmax': true,
    arcface: true,
    cosface: true,
    'combined-margin': true,
    'sub-centre-arcface': true,
    adaface: true,
    magface: true,
    curricularface: true,
  },
  optimiser: { sgd: true, adam: true, adamw: true },
  criterion: { steps: true, epochs: true, plateau: true, accuracy: true },
  backend: { xla: true, onnx: true, 'node-gpu': true, webgpu: true, wasm: true, cpu: true },
  logger: { tensorboard: true },
  cluster: { single: true, mpi: true },
};

test('the compiler knows every built-in plugin by its kind and name', () => {
  const known = builtins.flatMap(({ plugins }) => plugins.map(({ meta }) => `${meta.kind} ${meta.name}`));
  const names = Object.entries(typed).flatMap(([kind, plugins]) =>
    Object.keys(plugins).map((name) => `${kind} ${name}`),
  );
  expect(names.sort()).toEqual(known.sort());
});

test('a config is returned unchanged', () => {
  const config = {
    backend: 'wasm',
    stages: [{ loss: plugin('their-loss', { m: 0.2 }), until: { steps: 3 } }],
  } as const;
  expect(defineConfig(config)).toBe(config);
  expect(plugin('their-loss', { m: 0.2 })).toEqual({ name: 'their-loss', m: 0.2 });
});

const until = { steps: 3 };

// compiled, never run
export function accepted(name: string, whole: RunConfigInput, maybe: boolean): void {
  defineConfig({});
  defineConfig(whole);
  defineConfig({ ...whole, backend: 'wasm' });
  defineConfig({
    backend: 'wasm',
    reader: 'folder',
    detector: 'landmarks',
    aligner: 'five-point',
    model: 'mobilenetv2',
  });
  defineConfig({ backend: name, model: { name, width: 0.5 }, loggers: [name, 'tensorboard'] });
  defineConfig({ backend: maybe ? 'wasm' : undefined });
  defineConfig({ backend: maybe ? 'wasm' : 'onnx' });
  defineConfig({ backend: { name: 'auto', memory: 6.3 } });
  defineConfig({ detector: { name: 'mtcnn', thresholds: [0.6, 0.7, 0.8] } });
  defineConfig({ model: { name: 'mobilefacenet', width: 0.125, bottlenecks: [[1, 64, 1, 2]] } });
  defineConfig({ tiers: [{ name: 'all', above: 0, augment: ['opening', name, './mine.ts'] }] });
  defineConfig({
    stages: [
      { loss: 'softmax', optimiser: { name: 'sgd', momentum: 0.9 }, until: { epochs: 2, any: ['plateau', name] } },
      { loss: { name: 'arcface', s: 64, m: 0.5 }, until: { any: [{ name: 'steps', steps: 4 }] } },
      { loss: './mine.ts', until },
      { loss: { name: '../theirs/loss.js', margin: 0.5 }, until },
      { loss: plugin('their-loss'), optimiser: plugin('their-optimiser', { rho: 0.1 }), until },
      { loss: name, until },
    ],
  });
}

export function refused(): void {
  // @ts-expect-error: "wsam" is no backend
  defineConfig({ backend: 'wsam' });
  // @ts-expect-error: a loss is no backend
  defineConfig({ backend: 'arcface' });
  // @ts-expect-error: not with options either
  defineConfig({ backend: { name: 'wsam' } });
  // @ts-expect-error: "treads" is no option of wasm
  defineConfig({ backend: { name: 'wasm', treads: 3 } });
  // @ts-expect-error: a number is no backend
  defineConfig({ backend: 3 });
  // @ts-expect-error: there is no such key
  defineConfig({ bach: 128 });
  // @ts-expect-error: there is no such key in a stage
  defineConfig({ stages: [{ loss: 'softmax', rates: 0.1, until }] });
  // @ts-expect-error: a stage has a loss
  defineConfig({ stages: [{ until }] });
  // @ts-expect-error: "arcfase" is no loss
  defineConfig({ stages: [{ loss: 'arcfase', until }] });
  // @ts-expect-error: not in a later stage either
  defineConfig({ stages: [{ loss: 'softmax', until }, { loss: 'arcfase', until }] }); // prettier-ignore
  // @ts-expect-error: its margin is called m
  defineConfig({ stages: [{ loss: { name: 'arcface', margin: 0.5 }, until }] });
  // @ts-expect-error: its margin is a number
  defineConfig({ stages: [{ loss: { name: 'arcface', m: '0.5' }, until }] });
  // @ts-expect-error: the name is wrong and has options
  defineConfig({ stages: [{ loss: { name: 'arcfase', m: 0.5 }, until }] });
  // @ts-expect-error: "sdg" is no optimiser
  defineConfig({ stages: [{ loss: 'softmax', optimiser: 'sdg', until }] });
  // @ts-expect-error: "platau" is no criterion
  defineConfig({ stages: [{ loss: 'softmax', until: { any: ['platau'] } }] });
  // @ts-expect-error: the criterion wants its number of steps
  defineConfig({ stages: [{ loss: 'softmax', until: { any: [{ name: 'steps' }] } }] });
  // @ts-expect-error: "opned" is no augmenter
  defineConfig({ tiers: [{ name: 'all', above: 0, augment: ['opned'] }] });
  // @ts-expect-error: "tensorbord" is no logger
  defineConfig({ loggers: ['tensorbord'] });
}
