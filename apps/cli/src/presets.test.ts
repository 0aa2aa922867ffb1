// Every preset is a complete config whose parts exist and accept their options.
import { parseRunConfig, type PluginContext, type PluginKind, type PluginReference } from '@facewright/core';
import { cpu } from '@facewright/backend-cpu';
import { onnx } from '@facewright/backend-onnx';
import { wasm } from '@facewright/backend-wasm';
import { loadPlugin } from '@facewright/platform/node';
import { describe, expect, test } from 'vitest';
import { builtins } from './builtins.js';
import { pluginsOf, PRESET_NAMES, presetFor, presetOf } from '@facewright/run';

const source = { known: pluginsOf(builtins), baseDirectory: '.', where: 'the preset' };
const configOf = (name: (typeof PRESET_NAMES)[number]) =>
  parseRunConfig(presetFor({ speed: 'processor' }, name).config, name);

describe.each(PRESET_NAMES)('preset %s', (name) => {
  test("every part is known, and the optimisers' groups exist in the model", async () => {
    const config = configOf(name);
    const load = async <K extends PluginKind>(kind: K, reference: PluginReference) =>
      loadPlugin(kind, reference, source);
    const model = await (await load('model', config.model)).create({} as PluginContext);
    for (const stage of config.stages) {
      expect((await load('loss', stage.loss)).meta.kind).toBe('loss');
      const { groups } = (await load('optimiser', stage.optimiser)).options as { groups: Record<string, number> };
      for (const group of Object.keys(groups))
        expect(group === 'head' || model.groupOf!('embedding/kernel') === group).toBe(true);
    }
  });
});

test('paper, seed and insightface-214 have the settings of their sources', () => {
  const paper = configOf('paper');
  expect(paper.batch).toBe(512);
  expect(paper.stages).toMatchObject([
    {
      loss: 'arcface',
      rate: 0.1,
      schedule: { name: 'step', at: [36_000, 52_000, 58_000], factor: 0.1 },
      until: { steps: 60_000 },
      optimiser: { name: 'sgd', momentum: 0.9, weightDecay: 4e-5, groups: { afterGlobal: 4e-4, head: 4e-4 } },
    },
  ]);
  const seed = configOf('seed');
  expect([seed.batch, seed.flip]).toEqual([128, false]);
  expect(seed.stages).toMatchObject([
    { loss: 'softmax', rate: 1e-3, optimiser: { name: 'adam' } },
    { loss: { name: 'arcface', s: 64, m: 0.5 }, optimiser: { name: 'adam' } },
  ]);
  const insightface = configOf('insightface-214');
  expect(insightface.batch).toBe(4 * 128);
  expect(insightface.stages).toMatchObject([
    { loss: 'softmax', rate: 0.1, until: { steps: 120_000 } },
    { loss: { name: 'arcface', s: 64, m: 0.5 }, rate: 0.1, schedule: { at: [100_000, 140_000, 160_000] } },
  ]);
});

test('mistakes of the original project: the rate never increases at a switch, and it warms up, because the optimiser state is fresh', () => {
  const switching = PRESET_NAMES.filter((name) => configOf(name).stages.length > 1);
  expect(switching.length).toBeGreaterThan(4);
  for (const name of switching) {
    const [first, second] = configOf(name).stages;
    expect(second.rate, name).toBeLessThanOrEqual(first.rate);
    // the author's own commands in insightface #214 have none
    if (name !== 'insightface-214') expect(second.warmUp, name).toBeGreaterThan(0);
  }
});

test('mistakes of the original project: SGD recipes decay their weights, ten times as much after the global operator and in the head', () => {
  for (const name of ['paper', 'insightface-214'] as const)
    for (const { optimiser } of configOf(name).stages)
      expect(optimiser).toMatchObject({ weightDecay: 4e-5, groups: { head: 4e-4 } });
});

test('auto follows the engine', async () => {
  const engines = [wasm(), cpu(), onnx(), onnx({ provider: 'cuda' })];
  expect(await Promise.all(engines.map(async (engine) => (await presetOf(engine)).name))).toEqual([
    'small',
    'small',
    'medium',
    'full',
  ]);
  expect(configOf('sample').out).toBe('facewright-run');
});
