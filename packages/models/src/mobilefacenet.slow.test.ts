import { cpu } from '@facewright/backend-cpu';
import { wasm } from '@facewright/backend-wasm';
import {
  createRandom,
  hostTensor,
  stripPrefix,
  type HostTensor,
  type HostTensors,
  type Model,
  type State,
} from '@facewright/core';
import { openEngine, testContext, testModel } from '@facewright/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  kernelShape,
  layerSizes,
  mobileFaceNet,
  mobileFaceNetBlocks,
  mobileFaceNetOptions,
  mobileFaceNetSize,
  type ConvLayer,
  type MobileFaceNetOptionsInput,
} from './index.js';

const tiny: MobileFaceNetOptionsInput = {
  inputSize: 16,
  width: 0.125,
  embeddingSize: 6,
  bottlenecks: [
    [2, 64, 2, 2],
    [2, 128, 1, 1],
  ],
};

testModel(mobileFaceNet(tiny), { engine: cpu() });
testModel(mobileFaceNet(tiny), { engine: wasm(), name: 'mobilefacenet on wasm' });
testModel(mobileFaceNet({ ...tiny, inputSize: [20, 13], embeddingEpsilon: 1e-2 }), {
  engine: cpu(),
  name: 'mobilefacenet, not square',
});
// the variants in the paper's table
for (const [name, options] of [
  ['M', { ...tiny, embeddingSize: undefined, variant: 'M' }],
  ['S', { ...tiny, embeddingSize: undefined, variant: 'S' }],
  ['relu', { ...tiny, activation: 'relu' }],
  ['expansion ×2', { ...tiny, expansion: 2 }],
] as const) {
  testModel(mobileFaceNet(options), { engine: wasm(), name: `mobilefacenet, ${name}, on wasm` });
}

const make = (options: MobileFaceNetOptionsInput = {}): Promise<Model> => mobileFaceNet(options).create(testContext());
const layersOf = (options: MobileFaceNetOptionsInput = {}): ConvLayer[] =>
  mobileFaceNetBlocks(mobileFaceNetOptions.parse(options)).flatMap(({ layers }) => layers);
const numbers = (tensors: HostTensors): number =>
  Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);

describe("the paper's network", () => {
  test("has the paper's multiply–adds and parameters", async () => {
    const size = mobileFaceNetSize();
    expect((size.multiplyAdds / 1e6).toFixed(0)).toBe('221');
    // 0.99 M in the paper, truncated to two digits and without PReLU slopes; the same count gives its 0.92 M for
    // MobileFaceNet-M (no last 1×1 convolution)
    const papers = (without: number): number => Math.floor((size.parameters - size.slopes - without) / 1e4) / 100;
    expect(papers(0)).toBe(0.99);
    expect(papers(512 * 128 + 2 * 128)).toBe(0.92);
    expect(size.outputSize).toEqual([1, 1]);
    expect(numbers((await make()).init(createRandom(1)).params)).toBe(size.parameters);
  });

  test('matches Table 1, layer by layer', () => {
    const rows = layersOf().map(
      ({ name, kernel, inputs, outputs, stride, padding, depthwise, activation }) =>
        `${name} ${kernel.join('x')} ${inputs}-${outputs} s${stride} p${padding}${depthwise ? ' dw' : ''}${activation === 'linear' ? ' linear' : ''}`,
    );
    expect(rows.slice(0, 2)).toEqual(['stem 3x3 3-64 s2 p1', 'stemDepthwise 3x3 64-64 s1 p1 dw']);
    expect(rows.slice(-3)).toEqual([
      'last 1x1 128-512 s1 p0',
      'global 7x7 512-512 s1 p0 dw linear',
      'embedding 1x1 512-128 s1 p0 linear',
    ]);
    expect(rows).toHaveLength(2 + 3 * (5 + 1 + 6 + 1 + 2) + 3);
    expect(rows.filter((row) => row.startsWith('stage2'))).toEqual([
      'stage2/block1/expand 1x1 64-256 s1 p0',
      'stage2/block1/depthwise 3x3 256-256 s2 p1 dw',
      'stage2/block1/project 1x1 256-128 s1 p0 linear',
    ]);
  });

  test('mistakes of the original project: the second layer has no pointwise convolution, and only batch norm follows the linear 1×1 convolution, no PReLU and no second matrix', async () => {
    const names = Object.keys((await make()).init(createRandom(1)).params);
    expect(names.filter((name) => name.startsWith('stemDepthwise/'))).toEqual(
      ['kernel', 'gamma', 'beta', 'slope'].map((name) => `stemDepthwise/${name}`),
    );
    expect(names.slice(-3)).toEqual(['kernel', 'gamma', 'beta'].map((name) => `embedding/${name}`));
  });

  test("adds a block's input to its output in the 12 blocks that preserve its shape", () => {
    const shortcuts = mobileFaceNetBlocks(mobileFaceNetOptions.parse({}))
      .filter(({ shortcut }) => shortcut)
      .map(({ layers }) => layers[0].name.replace('/expand', ''));
    expect(shortcuts).toEqual([
      ...[2, 3, 4, 5].map((b) => `stage1/block${b}`),
      ...[1, 2, 3, 4, 5, 6].map((b) => `stage3/block${b}`),
      'stage5/block1',
      'stage5/block2',
    ]);
  });

  test('puts everything after the global operator into its own group', async () => {
    const model = await make();
    const names = Object.keys(model.init(createRandom(1)).params);
    expect(names.filter((name) => model.groupOf!(name) === 'afterGlobal')).toEqual([
      'embedding/kernel',
      'embedding/gamma',
      'embedding/beta',
    ]);
    expect(model.groupOf!('global/kernel')).toBeUndefined();
  });
});

describe("the variants in the paper's table", () => {
  const cutOff = (size: { parameters: number; slopes: number }): number =>
    Math.floor((size.parameters - size.slopes) / 1e4) / 100;

  test('M: 0.92 M parameters, 512 numbers; S: 0.84 M, 128 numbers', async () => {
    for (const [variant, millions, embeddingSize, last] of [
      ['standard', 0.99, 128, 'embedding'],
      ['M', 0.92, 512, 'global'],
      ['S', 0.84, 128, 'global'],
    ] as const) {
      const size = mobileFaceNetSize({ variant });
      expect(cutOff(size), variant).toBe(millions);
      expect(size.outputSize).toEqual([1, 1]);
      const model = await make({ variant });
      expect(model.embeddingSize).toBe(embeddingSize);
      expect(numbers(model.init(createRandom(1)).params)).toBe(size.parameters);
      expect(layersOf({ variant }).at(-1)!.name).toBe(last);
    }
    expect(layersOf({ variant: 'S' }).some(({ name }) => name === 'last')).toBe(false);
    expect(() => mobileFaceNet({ variant: 'S', embeddingSize: 128 })).toThrow(/embeddingSize/);
  });

  test('smaller images change only the global kernel, and cost less in proportion to the pixels', () => {
    const whole = mobileFaceNetSize();
    for (const [inputSize, kernel] of [
      [[112, 96], 7 * 6],
      [[96, 96], 6 * 6],
    ] as const) {
      const size = mobileFaceNetSize({ inputSize: [...inputSize] });
      expect(whole.parameters - size.parameters).toBe((49 - kernel) * 512);
      const withoutEmbedding = (multiplyAdds: number): number => multiplyAdds - 512 * 128;
      expect(withoutEmbedding(size.multiplyAdds) / withoutEmbedding(whole.multiplyAdds)).toBeCloseTo(
        (inputSize[0] * inputSize[1]) / 112 ** 2,
        10,
      );
    }
  });

  test('relu has no slopes, and doubling the expansion doubles the channels within bottlenecks', () => {
    expect(mobileFaceNetSize({ activation: 'relu' })).toMatchObject({ slopes: 0, parameters: 995_584 });
    const inner = (options: MobileFaceNetOptionsInput): number[] =>
      layersOf(options)
        .filter(({ name }) => name.endsWith('expand'))
        .map(({ outputs }) => outputs);
    expect(inner({ expansion: 2 })).toEqual(inner({}).map((channels) => 2 * channels));
  });

  test('the table of layers adds up', () => {
    const rows = layerSizes(mobileFaceNetBlocks(mobileFaceNetOptions.parse({})), [112, 112]);
    expect(rows).toHaveLength(50);
    expect(rows[0]).toEqual({
      name: 'stem',
      output: [56, 56, 64],
      parameters: 3 * 3 * 3 * 64 + 3 * 64,
      slopes: 64,
      multiplyAdds: 3 * 3 * 3 * 64 * 56 * 56,
    });
    expect(rows.find(({ name }) => name === 'global')).toEqual({
      name: 'global',
      output: [1, 1, 512],
      parameters: 49 * 512 + 2 * 512,
      slopes: 0,
      multiplyAdds: 49 * 512,
    });
    expect(rows.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(mobileFaceNetSize().parameters);
  });
});

describe('options', () => {
  test('a narrow network with five bottlenecks at 64×64', async () => {
    const options: MobileFaceNetOptionsInput = {
      inputSize: 64,
      width: 0.25,
      bottlenecks: [
        [2, 64, 1, 2],
        [4, 128, 1, 2],
        [2, 128, 1, 1],
        [4, 128, 1, 2],
        [2, 128, 1, 1],
      ],
    };
    const layers = layersOf(options);
    expect(layers.map(({ outputs }) => outputs)).toEqual([
      16, 16, 32, 32, 16, 64, 64, 32, 64, 64, 32, 128, 128, 32, 64, 64, 32, 128, 128, 128,
    ]);
    expect(layers.find(({ name }) => name === 'global')!.kernel).toEqual([4, 4]);
    expect(numbers((await make(options)).init(createRandom(1)).params)).toBe(mobileFaceNetSize(options).parameters);
  });

  test("the global kernel follows the input: 7×6 for the paper's 112×96", () => {
    expect(layersOf({ inputSize: [112, 96] }).find(({ name }) => name === 'global')!.kernel).toEqual([7, 6]);
  });

  test('a wrong image size is an error that names both sizes', async () => {
    const model = await make(tiny);
    const engine = await openEngine(cpu());
    const { params, statistics } = model.init(createRandom(1));
    const executable = engine.compile(
      (state, { images }) => ({ outputs: model.apply(state, state, images as tf.Tensor4D, 'infer').statistics }),
      { state: { ...params, ...statistics } },
    );
    await expect(executable.run({ images: hostTensor([1, 12, 16, 3], new Float32Array(12 * 16 * 3)) })).rejects.toThrow(
      /\[1, 12, 16, 3\].*\[n, 16, 16, 3\]/,
    );
    executable.dispose();
  });

  test('an unknown key is an error that names the closest valid key', () => {
    expect(() => mobileFaceNet({ embedingSize: 64 } as never)).toThrow(/embeddingSize/);
    expect(() => mobileFaceNet({ bottlenecks: [[2, 64, 0, 2]] })).toThrow(/bottlenecks\.0\.2/);
  });
});

describe('the initial state', () => {
  test("a kernel's values have the standard deviation for their fan-out, whatever other layers exist", async () => {
    const { params } = (await make()).init(createRandom(5));
    const deviation = ({ data }: HostTensor): number =>
      Math.sqrt((data as Float32Array).reduce((sum, v) => sum + v * v, 0) / data.length);
    const gain = Math.sqrt(2 / (1 + 0.25 ** 2));
    for (const [name, expected] of [
      ['last', gain / Math.sqrt(512)],
      ['stage3/block2/depthwise', gain / 3],
      ['stage3/block2/project', 1 / Math.sqrt(128)],
      ['global', 1 / 7],
    ] as const) {
      expect(deviation(params[`${name}/kernel`]) / expected, name).toBeCloseTo(1, 1);
    }
    const shorter = (
      await make({
        bottlenecks: [
          [2, 64, 5, 2],
          [4, 128, 1, 4],
        ],
      })
    ).init(createRandom(5)).params;
    for (const name of ['stem/kernel', 'stage1/block4/expand/kernel', 'embedding/kernel'])
      expect(shorter[name].data).toEqual(params[name].data);
  });
});

/** Plain loops in double precision: one layer by its formula, for [n][h][w][c] in one flat array. */
function reference(
  layer: ConvLayer,
  { shape, data }: { shape: number[]; data: ArrayLike<number> },
  params: HostTensors,
  statistics: HostTensors | undefined,
): { shape: number[]; data: Float64Array; mean: number[]; variance: number[] } {
  const [n, h, w, c] = shape;
  const [kh, kw] = layer.kernel;
  const oh = Math.floor((h + 2 * layer.padding - kh) / layer.stride) + 1;
  const ow = Math.floor((w + 2 * layer.padding - kw) / layer.stride) + 1;
  const out = new Float64Array(n * oh * ow * layer.outputs);
  const { kernel, gamma, beta, slope, bias } = stripPrefix(layer.name, params) as Record<string, HostTensor>;
  for (let i = 0; i < out.length; i++) {
    const o = i % layer.outputs;
    const [x, y, b] = [
      Math.floor(i / layer.outputs) % ow,
      Math.floor(i / layer.outputs / ow) % oh,
      Math.floor(i / layer.outputs / ow / oh),
    ];
    let sum = bias ? bias.data[o] : 0;
    for (let tap = 0; tap < kh * kw; tap++) {
      const iy = y * layer.stride + Math.floor(tap / kw) - layer.padding;
      const ix = x * layer.stride + (tap % kw) - layer.padding;
      if (iy < 0 || ix < 0 || iy >= h || ix >= w) continue;
      const at = ((b * h + iy) * w + ix) * c;
      if (layer.depthwise) sum += data[at + o] * kernel.data[tap * c + o];
      else for (let k = 0; k < c; k++) sum += data[at + k] * kernel.data[(tap * c + k) * layer.outputs + o];
    }
    out[i] = sum;
  }
  const [mean, variance]: number[][] = [[], []];
  for (let o = 0; o < layer.outputs; o++) {
    const values = out.filter((_, i) => i % layer.outputs === o);
    mean.push(
      statistics ? statistics[`${layer.name}/mean`].data[o] : values.reduce((a, v) => a + v, 0) / values.length,
    );
    variance.push(
      statistics
        ? statistics[`${layer.name}/variance`].data[o]
        : values.reduce((a, v) => a + (v - mean[o]) ** 2, 0) / values.length,
    );
  }
  for (let i = 0; i < out.length; i++) {
    const o = i % layer.outputs;
    const v = (gamma.data[o] * (out[i] - mean[o])) / Math.sqrt(variance[o] + layer.epsilon) + beta.data[o];
    out[i] = slope && v < 0 ? slope.data[o] * v : v;
  }
  return { shape: [n, oh, ow, layer.outputs], data: out, mean, variance };
}

describe('against plain loops in double precision', () => {
  const options: MobileFaceNetOptionsInput = {
    ...tiny,
    inputSize: [15, 16],
    embeddingBias: true,
    embeddingEpsilon: 0.01,
    momentum: 0.8,
  };
  const random = createRandom('reference');
  const noisy = (tensors: HostTensors, floor?: number): HostTensors =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, { shape, data }]) => {
        const draw = random.fork(name);
        return [
          name,
          hostTensor(
            shape,
            Float32Array.from(data, (v) =>
              floor ? floor + Math.abs(v + 0.5 * draw.normal()) : v + 0.3 * draw.normal(),
            ),
          ),
        ];
      }),
    );

  for (const mode of ['train', 'infer'] as const) {
    test(`the whole network in ${mode} mode: embeddings and running statistics`, async () => {
      const model = await make(options);
      const first = model.init(random);
      const params = noisy(first.params);
      const statistics = {
        ...noisy(first.statistics),
        ...noisy(
          Object.fromEntries(Object.entries(first.statistics).filter(([name]) => name.endsWith('variance'))),
          0.3,
        ),
      };
      const draw = random.fork('images');
      const images = hostTensor(
        [3, 15, 16, 3],
        Float32Array.from({ length: 3 * 15 * 16 * 3 }, () => draw.normal()),
      );

      let x: { shape: number[]; data: ArrayLike<number> } = { shape: [...images.shape], data: images.data };
      const expected: Record<string, number[]> = {};
      for (const { layers, shortcut } of mobileFaceNetBlocks(mobileFaceNetOptions.parse(options))) {
        const entry = x;
        for (const layer of layers) {
          const y = reference(layer, x, params, mode === 'infer' ? statistics : undefined);
          const values = y.data.length / layer.outputs;
          const moved = (name: string, batch: number[], factor: number): number[] =>
            batch.map((v, i) => 0.8 * statistics[`${layer.name}/${name}`].data[i] + 0.2 * factor * v);
          expected[`${layer.name}/mean`] = moved('mean', y.mean, 1);
          expected[`${layer.name}/variance`] = moved('variance', y.variance, values / (values - 1));
          x = y;
        }
        if (shortcut) x = { shape: x.shape, data: Float64Array.from(x.data, (v, i) => v + entry.data[i]) };
      }

      const engine = await openEngine(cpu());
      const executable = engine.compile(
        (state, inputs) => {
          const result = model.apply(state, state, inputs.images as tf.Tensor4D, mode);
          return { outputs: { embeddings: result.embeddings, ...(mode === 'train' ? result.statistics : {}) } };
        },
        { state: { ...params, ...statistics } },
      );
      const { embeddings, ...changed } = await executable.run({ images });
      executable.dispose();
      expectNear(embeddings.data, x.data);
      if (mode === 'train') {
        expect(Object.keys(changed).sort()).toEqual(Object.keys(statistics).sort());
        for (const [name, values] of Object.entries(expected)) expectNear(changed[name].data, values);
      }
    });
  }

  function expectNear(actual: ArrayLike<number>, wanted: ArrayLike<number>): void {
    const largest = Math.max(...Array.from(wanted, Math.abs));
    for (let i = 0; i < wanted.length; i++) expect(Math.abs(actual[i] - wanted[i])).toBeLessThanOrEqual(1e-4 * largest);
  }
});

test('gradients of single parameters agree with finite differences', async () => {
  const model = await make(tiny);
  const random = createRandom('single');
  const { params, statistics } = model.init(random);
  const draw = random.fork('images');
  const images = hostTensor(
    [4, 16, 16, 3],
    Float32Array.from({ length: 4 * 16 * 16 * 3 }, () => draw.normal()),
  );
  const weights = hostTensor(
    [4, 6],
    Float32Array.from({ length: 24 }, () => draw.normal()),
  );
  const names = [
    'stem/kernel',
    'stem/gamma',
    'stemDepthwise/kernel',
    'stage1/block1/depthwise/kernel',
    'stage1/block2/expand/slope',
    'stage2/block1/depthwise/beta',
    'global/kernel',
    'embedding/kernel',
  ];
  const engine = await openEngine(cpu());
  const weighted = (state: State, inputs: State, moved: State): tf.Scalar => {
    const { embeddings } = model.apply({ ...state, ...moved }, state, inputs.images as tf.Tensor4D, 'train');
    return tf.sum(tf.mul(embeddings, inputs.weights));
  };
  const differentiate = (state: State, inputs: State): { outputs: State } => {
    const value = (...moved: tf.Tensor[]): tf.Scalar =>
      weighted(state, inputs, Object.fromEntries(names.map((name, i) => [name, moved[i]])));
    const { grads } = tf.valueAndGrads(value)(names.map((name) => state[name]));
    return { outputs: Object.fromEntries(names.map((name, i) => [name, grads[i]])) };
  };
  const compiled = (step: (state: State, inputs: State) => { outputs: State }) =>
    engine.compile(step, { state: { ...params, ...statistics } });
  const executables = {
    gradients: compiled(differentiate),
    forward: compiled((state, { images, weights, ...moved }) => ({
      outputs: { y: weighted(state, { images, weights }, moved) },
    })),
  };
  const gradients = await executables.gradients.run({ images, weights });
  for (const name of names) {
    // the element with the largest gradient, because float32 differences of small ones are noise
    const gradient = gradients[name].data as Float32Array;
    const at = gradient.reduce((top, v, i) => (Math.abs(v) > Math.abs(gradient[top]) ? i : top), 0);
    const value = async (by: number): Promise<number> =>
      (
        await executables.forward.run({
          images,
          weights,
          [name]: hostTensor(
            params[name].shape,
            Object.assign(Float32Array.from(params[name].data), { [at]: params[name].data[at] + by }),
          ),
        })
      ).y.data[0];
    const slopes = await Promise.all(
      [0.01, 0.003, 0.001].map(async (by) => ((await value(by)) - (await value(-by))) / (2 * by)),
    );
    const error = Math.min(...slopes.map((slope) => Math.abs(slope - gradient[at]) / Math.abs(gradient[at])));
    expect(error, `${name}[${at}]: ${gradient[at]} by the gradient, ${slopes.join(', ')} by differences`).toBeLessThan(
      0.02,
    );
  }
  for (const executable of Object.values(executables)) executable.dispose();
});

test('kernels have the shapes that tfjs expects', () => {
  const [stem, depthwise] = layersOf();
  expect(kernelShape(stem)).toEqual([3, 3, 3, 64]);
  expect(kernelShape(depthwise)).toEqual([3, 3, 64, 1]);
});
