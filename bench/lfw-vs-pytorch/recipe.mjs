// What is trained, and how: the bench's options as a network and stages. Both sides read it from here.
import { createRunContainer, pluginContext, stageConfig } from '@facewright/core';
import { arcFace, softmax } from '@facewright/losses';
import { mobileFaceNet } from '@facewright/models';
import { adam, sgd } from '@facewright/training';

/** Options of every script here. The figures in README.md were measured with the defaults. */
export const OPTIONS = {
  size: { type: 'string', default: '64' },
  width: { type: 'string', default: '0.5' },
  net: { type: 'string', default: 'small' },
  batch: { type: 'string', default: '64' },
  epochs: { type: 'string', default: '24' },
  recipe: { type: 'string', default: 'switch' },
  optimiser: { type: 'string', default: 'adam' },
  images: { type: 'string' },
  pairs: { type: 'string' },
  out: { type: 'string' },
  threads: { type: 'string' },
  steps: { type: 'string' },
};

/** Fraction of the epochs after which `switch` changes from softmax to ArcFace. */
const SWITCH = 0.5;
const ARCFACE = { s: 32, m: 0.4 };
/** Bottlenecks: those of the tool's preset "small", or the paper's. */
export const NETS = {
  small: {
    bottlenecks: [
      [2, 64, 2, 2],
      [4, 128, 1, 2],
      [2, 128, 2, 1],
    ],
  },
  paper: {},
};
const RATES = { adam: { softmax: 1e-3, arcface: 5e-4 }, sgd: { softmax: 0.05, arcface: 0.05 } };

/**
 * `recipe` is `switch` (softmax for half of the steps, then ArcFace) or `softmax` (softmax throughout). `steps` limits
 * the number of training steps.
 */
export async function recipeOf({ size, width, net: name, batch, epochs, recipe, optimiser, steps }, perEpoch) {
  if (!(optimiser in RATES) || !['switch', 'softmax'].includes(recipe) || !(name in NETS))
    throw new Error('--optimiser is adam or sgd, --recipe is switch or softmax, --net is small or paper');
  const context = pluginContext(createRunContainer(), 'bench');
  const net = { inputSize: Number(size), width: Number(width), ...NETS[name] };
  const all = Number(steps ?? Math.round(Number(epochs) * perEpoch));
  const first = recipe === 'switch' ? Math.min(all, Math.round(Number(epochs) * perEpoch * SWITCH)) : all;
  const updates = {
    adam: adam(),
    sgd: sgd({ momentum: 0.9, weightDecay: 4e-5, groups: { afterGlobal: 4e-4, head: 4e-4 } }),
  }[optimiser];
  const stage = async (plugin, length, config) => ({
    name: plugin.meta.name,
    loss: await plugin.create(context),
    options: plugin.options,
    optimiserName: optimiser,
    optimiser: await updates.create(context),
    config: stageConfig.parse({
      loss: plugin.meta.name,
      rate: RATES[optimiser][plugin.meta.name],
      schedule: { name: 'cosine', final: 0.1 },
      until: { steps: length },
      ...config,
    }),
  });
  const stages = [
    await stage(softmax(), first, { warmUp: optimiser === 'sgd' ? 20 : 0 }),
    ...(all > first ? [await stage(arcFace(ARCFACE), all - first, { warmUp: 20 })] : []),
  ];
  return {
    net,
    model: await mobileFaceNet(net).create(context),
    modelReference: { name: 'mobilefacenet', options: mobileFaceNet(net).options },
    batch: Number(batch),
    stages,
    optimiser: { name: optimiser, options: updates.options },
  };
}
