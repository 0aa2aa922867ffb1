// ONNX files from PyTorch for networks with preprocessing, without constant folding, or with a layer that the model
// does not have.
import { FacewrightError, hostTensor } from '@facewright/core';
import { expect, test } from 'vitest';
import { embed, expectNear, fixture, imported, packed, ports } from '../../test/ports.js';
import type { OnnxNode } from './model.js';
import { parseWeights, planImport, type PlanOptions, type WeightsFile } from '../index.js';

interface Graph {
  readonly divisor: number;
  readonly embedding: number[];
}
const { graphs } = JSON.parse(fixture('graphs.json').toString()) as { graphs: Record<string, Graph> };
const fileOf = (name: string): Promise<WeightsFile> => parseWeights(packed(`graph-${name}.onnx`), `${name}.onnx`);

async function embeddingOf(name: string, options?: PlanOptions): Promise<Float32Array> {
  const { model, state } = await imported(planImport(await fileOf(name), options));
  const embedding = await embed(model, state);
  const length = Math.hypot(...embedding);
  return embedding.map((value) => value / length);
}

test.each(['imagenet', 'bgr-128', 'unfolded'])('operations before the first convolution: %s', async (name) => {
  expectNear(await embeddingOf(name), graphs[name].embedding);
});

test('scale, offset and colour order become options and the first kernel', async () => {
  const { options, channels, graph } = planImport(await fileOf('imagenet'));
  const { offset, scale } = options.inputScale as { offset: number[]; scale: number[] };
  [0.485, 0.456, 0.406].forEach((mean, colour) => expect(offset[colour]).toBeCloseTo(255 * mean, 3));
  [0.229, 0.224, 0.225].forEach((std, colour) => expect(scale[colour]).toBeCloseTo(1 / 255 / std, 6));
  expect([channels, graph?.range]).toEqual([[0, 1, 2], 'pixels from 0 to 1']);
  const bgr = planImport(await fileOf('bgr-128'));
  expect(bgr.options.inputScale).toEqual({ offset: 127.5, scale: 1 / 128 });
  expect([bgr.channels, bgr.graph?.range]).toEqual([[2, 1, 0], 'pixels from 0 to 255']);
  // a file that expects BGR and reverses it ends up with RGB
  expect(planImport(await fileOf('bgr-128'), { colour: 'bgr' }).channels).toEqual([0, 1, 2]);
});

test('if the arithmetic does not determine the pixel range, the user specifies it', async () => {
  await expect(fileOf('sliced').then((file) => planImport(file))).rejects.toThrow(
    /does not determine the range of its pixels/,
  );
  const inputScale = { offset: 0, scale: 1 / graphs.sliced.divisor };
  expectNear(await embeddingOf('sliced', { inputScale }), graphs.sliced.embedding);
});

test('a node that the model cannot express is rejected by name', async () => {
  await expect(embeddingOf('clipped')).rejects.toThrow(/The node "\/Clip" \(Clip\) changes the image before/);
  await expect(embeddingOf('one-more')).rejects.toThrow(
    /its layer 3 \(kernel 2×2×1×1\) is not in the paper's network.*it has 51 convolutions[^]*\/net\/net.2\/Conv/,
  );
});

/** A port's graph with some of its nodes changed. */
async function changed(change: (node: OnnxNode) => Partial<OnnxNode> | undefined): Promise<WeightsFile> {
  const file = await port();
  const nodes = file.graph!.nodes.map((node) => ({ ...node, ...change(node) }));
  return { ...file, graph: { ...file.graph!, nodes } };
}

const port = (): Promise<WeightsFile> => parseWeights(packed(ports['mobilefacenet-pytorch'].files.onnx), 'port.onnx');

const isFirst = (op: string): ((node: { op: string }) => boolean) => {
  let seen = false;
  return (node) => node.op === op && !seen && (seen = true);
};

test.each([
  [
    'an activation with a bound',
    'PRelu',
    { op: 'Clip', attributes: new Map([['max', 6]]) },
    /\(Clip\) limits the values/,
  ],
  ['another activation', 'PRelu', { op: 'Sigmoid' }, /\(Sigmoid\) does not belong/],
  ['another stride', 'Conv', { attributes: new Map([['pads', [1, 1, 1, 1]]]) }, /its layer 1 has the strides 1×1/],
  ['other padding', 'Conv', { attributes: new Map([['strides', [2, 2]]]) }, /its layer 1 is padded by 0, 0, 0, 0/],
  ['dilation', 'Conv', { attributes: new Map([['dilations', [2, 2]]]) }, /\(Conv\) is dilated/],
  ['an op of another domain', 'Conv', { domain: 'com.example' }, /is of the domain "com.example"/],
  [
    'no shortcut',
    'Add',
    ({ inputs }: OnnxNode) => ({ op: 'Identity', inputs: [inputs[1]] }),
    /has no shortcut around its bottleneck/,
  ],
  ['a difference instead of a sum', 'Add', { op: 'Sub' }, /\(Sub\) does not belong/],
])('%s', async (_, op, change, message) => {
  const first = isFirst(op);
  const made = typeof change === 'function' ? change : (): Partial<OnnxNode> => change;
  const file = await changed((node) => (first(node) ? made(node) : undefined));
  expect(() => planImport(file)).toThrow(FacewrightError);
  expect(() => planImport(file)).toThrow(message);
});

/**
 * PReLU with slopes a, in the forms that exporters write; `put` adds a constant with the slopes, [c, 1, 1] or for a
 * convolution.
 */
type Form = (x: string, put: (name: string, of: (slope: number) => number, kernel?: boolean) => string) => Step[];
type Step = [op: string, output: string, ...inputs: string[]];
const FORMS: Record<string, Form> = {
  'Keras: relu(x) − a · relu(−x)': (x, put) => [
    ['Relu', 'r', x],
    ['Neg', 'n', x],
    ['Relu', 'q', 'n'],
    ['Mul', 'm', put('a', (a) => a), 'q'],
    ['Sub', 'y', 'r', 'm'],
  ],
  'max(x, 0) + a · min(x, 0)': (x, put) => [
    ['Max', 'r', x, put('zero', () => 0)],
    ['Min', 'q', x, put('zero', () => 0)],
    ['Mul', 'm', 'q', put('a', (a) => a)],
    ['Add', 'y', 'm', 'r'],
  ],
  'by the absolute value': (x, put) => [
    ['Abs', 'b', x],
    ['Mul', 'm', 'b', put('half', (a) => (1 - a) / 2)],
    ['Mul', 'n', x, put('other', (a) => (1 + a) / 2)],
    ['Add', 'y', 'm', 'n'],
  ],
  'a · x + relu((1 − a) · x)': (x, put) => [
    ['Conv', 'm', x, put('a', (a) => a, true)],
    ['Conv', 'n', x, put('rest', (a) => 1 - a, true)],
    ['Relu', 'r', 'n'],
    ['Add', 'y', 'm', 'r'],
  ],
  'three times that, and a third of it': (x, put) => [
    ['PRelu', 'p', x, put('a', (a) => a)],
    ['Mul', 'm', 'p', put('three', () => 3)],
    ['Mul', 'y', 'm', put('third', () => 1 / 3)],
  ],
  'x + (1 − a) · relu(−x)': (x, put) => [
    ['Conv', 'n', x, put('minus', () => -1, true)],
    ['Relu', 'r', 'n'],
    ['Conv', 'm', 'r', put('rest', (a) => 1 - a, true)],
    ['Add', 'y', 'm', x],
  ],
  'two convolutions of one pixel': (x, put) => [
    ['Conv', 'm', x, put('a', (a) => a, true)],
    ['Relu', 'r', x],
    ['Conv', 'n', 'r', put('rest', (a) => 1 - a, true)],
    ['Add', 'y', 'm', 'n'],
  ],
};

test.each(Object.entries(FORMS))('PReLU as %s', async (_, form) => {
  const file = await port();
  const weights = new Map(file.graph!.weights);
  const nodes = file.graph!.nodes.flatMap((node, index): OnnxNode[] => {
    if (node.op !== 'PRelu') return [node];
    const slopes = weights.get(node.inputs[1])!.data;
    const named = (name: string): string => (name === 'y' ? node.outputs[0] : `${name} ${index}`);
    const put: Parameters<Form>[1] = (name, of, kernel) => {
      const shape = kernel ? [slopes.length, 1, 1, 1] : [slopes.length, 1, 1];
      weights.set(named(name), hostTensor(shape, Float32Array.from(slopes, of)));
      return `=${named(name)}`;
    };
    return form(`=${node.inputs[0]}`, put).map(([op, output, ...inputs]) => ({
      op,
      name: named(output),
      domain: '',
      inputs: inputs.map((input) => (input.startsWith('=') ? input.slice(1) : named(input))),
      outputs: [named(output)],
      attributes: new Map([['group', slopes.length]]),
    }));
  });
  const plan = planImport(
    { ...file, graph: { ...file.graph!, nodes, weights } },
    {
      inputScale: { offset: 127.5, scale: 1 / 128 },
    },
  );
  const { model, state } = await imported(plan);
  expectNear(await embed(model, state), ports['mobilefacenet-pytorch'].embedding);
});

test('a weight that is NaN or infinite is named, also behind a reshape', async () => {
  const file = await fileOf('unfolded');
  for (const name of ['net.conv1.bn.running_mean', 'net.conv1.prelu.weight']) {
    const { shape, data } = file.graph!.weights.get(name)!;
    const weights = new Map(file.graph!.weights).set(name, hostTensor(shape, new Float32Array(data.length).fill(NaN)));
    expect(() => planImport({ ...file, graph: { ...file.graph!, weights } })).toThrow(
      `The tensor "${name}" contains NaN`,
    );
  }
});
