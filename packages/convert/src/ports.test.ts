// Files written by PyTorch for networks named like the common ports. Once imported, they must give PyTorch's
// embeddings.
import { createRandom, FacewrightError, hostTensor } from '@facewright/core';
import { mobileFaceNet, type MobileFaceNetOptionsInput } from '@facewright/models';
import { testContext } from '@facewright/testkit';
import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { embed, expectNear, imported, packed, ports } from '../test/ports.js';
import { fitUnits, layersOf, parseWeights, planImport, type WeightsFile } from './index.js';

describe.each(Object.entries(ports))('%s', (name, { inputSize, files, embedding }) => {
  test("its checkpoint is recognised by its names and gives PyTorch's embedding", async () => {
    const plan = planImport(await parseWeights(packed(files.pytorch), files.pytorch));
    expect(plan.unused).toEqual([]);
    const { model, state } = await imported(plan);
    expect(model.inputSize).toEqual(inputSize);
    expectNear(await embed(model, state), embedding);
  });

  test('its ONNX file, with folded normalisation, gives the same from the order of its layers', async () => {
    const plan = planImport(await parseWeights(packed(files.onnx), files.onnx), {
      ...(name === 'mobilefacenet-pytorch' && { inputScale: { offset: 127.5, scale: 1 / 128 } }),
      ...(name === 'insightface-pytorch' && { colour: 'bgr' }),
    });
    const { model, state } = await imported(plan);
    expectNear(await embed(model, state), embedding);
  });
});

const arcface = (): Promise<WeightsFile> => parseWeights(packed(ports['arcface-torch'].files.pytorch), 'mbf.pt');

test("the layers of a checkpoint in order, and under the user's names", async () => {
  const file = await arcface();
  const byOrder = await imported(planImport(file, { layout: 'order' }));
  expectNear(await embed(byOrder.model, byOrder.state), ports['arcface-torch'].embedding);

  const known = planImport(file);
  const model = await mobileFaceNet(known.options).create(testContext());
  const names = [...file.tensors.keys()].filter((name) => !name.endsWith('num_batches_tracked'));
  // a layer's tensors are adjacent in both; the file names mean and variance, and the slope comes last
  const parts = ['kernel', 'gamma', 'beta', 'mean', 'variance', 'slope'];
  const map = Object.fromEntries(
    layersOf(model.init(createRandom(1))).flatMap((layer) =>
      parts
        .filter((part) => part !== 'slope' || !/project|global|embedding/.test(layer))
        .map((part) => [`${layer}/${part}`, names.shift()!]),
    ),
  );
  const byMap = await imported(planImport(file, { map }), known.options as MobileFaceNetOptionsInput);
  expect(byMap.state).toEqual(byOrder.state);
  expect(() => planImport(file, { map: { ...map, 'stem/kernel': 'nothing.weight' } })).toThrow(
    /refers to the tensor "nothing.weight"/,
  );
});

test('the class weights of a head saved with it do not count as unused; anything else does', async () => {
  const file = await arcface();
  const withTensor = (name: string, shape: readonly number[]): WeightsFile => {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    return { ...file, tensors: new Map(file.tensors).set(name, hostTensor(shape, values)) };
  };
  expect(planImport(withTensor('module.head.weight', [10, 512])).unused).toEqual([]);
  for (const [name, shape] of [
    ['module.extra_conv.weight', [10, 512]],
    ['module.head.weight', [10, 512, 1]],
    ['module.head.bias', [10]],
  ] as const)
    expect(planImport(withTensor(name, shape)).unused).toEqual([name]);
});

test('a checkpoint from before the zip format is read, whatever protocol of pickles it was saved with', async () => {
  const { files } = ports['mobilefacenet-pytorch'];
  const bytes = Buffer.from(packed(files.pytorch));
  const expected = await parseWeights(bytes, 'p.ckpt');
  const [magic, version] = ['8a0a6cfc9c46f9206aa850192e', '4de9032e'];
  const start = Buffer.from(`8002${magic}8002${version}`, 'hex');
  expect(bytes.subarray(0, start.length)).toEqual(start);
  const rest = bytes.subarray(start.length);
  const frame = (length: string): string => `95${length}00000000000000`;
  for (const head of [
    Buffer.from(`8003${magic}8003${version}`, 'hex'),
    Buffer.from(`8004${frame('0d')}${magic}8004${frame('04')}${version}`, 'hex'),
    Buffer.concat([Buffer.from('L119547037146038801333356L\n.'), Buffer.from(version, 'hex')]),
  ]) {
    const { format, tensors } = await parseWeights(Buffer.concat([head, rest]), 'p.ckpt');
    expect([format, tensors]).toEqual(['pytorch', expected.tensors]);
  }
});

test.each(Object.keys(ports))('a checkpoint of %s that lacks any one of its tensors is rejected', async (name) => {
  const file = await parseWeights(packed(ports[name].files.pytorch), name);
  const whole = planImport(file);
  const model = await mobileFaceNet(whole.options).create(testContext());
  const expected = model.init(createRandom(1));
  const taken: string[] = [];
  for (const lacking of file.tensors.keys()) {
    if (lacking.endsWith('num_batches_tracked') || whole.unused.includes(lacking)) continue;
    const tensors = new Map(file.tensors);
    tensors.delete(lacking);
    try {
      const plan = planImport({ ...file, tensors });
      if (!isDeepStrictEqual(plan.options, whole.options)) throw new Error('another network');
      fitUnits(expected, plan.unitsFor(layersOf(expected)), {
        epsilon: () => 1e-5,
        channels: plan.channels,
        where: name,
      });
      taken.push(lacking);
    } catch {
      // as it should be
    }
  }
  expect(taken).toEqual([]);
});

test('a file of another network is rejected, naming the first layer that does not fit', async () => {
  const file = await arcface();
  const changed = (
    change: (
      tensors: Map<string, WeightsFile['tensors'] extends ReadonlyMap<string, infer Tensor> ? Tensor : never>,
    ) => void,
  ): WeightsFile => {
    const tensors = new Map(file.tensors);
    change(tensors);
    return { ...file, tensors };
  };
  const norm = 'module.layers.4.layers.1.layers.1';
  expect(() => planImport(changed((tensors) => tensors.delete(`${norm}.running_mean`)))).toThrow(
    'has "layers.4.layers.1.layers.1.running_var" but not "layers.4.layers.1.layers.1.running_mean"',
  );
  expect(() => planImport(changed((tensors) => tensors.delete(`${norm}.weight`)))).toThrow(
    'has "layers.4.layers.1.layers.1.bias" but not "layers.4.layers.1.layers.1.weight"',
  );
  const missing = planImport(
    changed((tensors) => ['running_mean', 'running_var'].forEach((part) => tensors.delete(`${norm}.${part}`))),
  );
  await expect(imported(missing)).resolves.toBeDefined(); // a normalisation without statistics counts as folded …
  expect(missing.unused).toEqual([
    'module.layers.4.layers.1.layers.1.weight',
    'module.layers.4.layers.1.layers.1.bias',
  ]); // … but its remaining tensors are reported
  expect(() =>
    planImport(changed((tensors) => tensors.delete('module.layers.5.layers.2.layers.0.layers.0.weight'))),
  ).toThrow(/no tensor "layers.5.layers.2.layers.0.layers.0.weight": the layer "stage3\/block3\/expand" is missing/);
  const wide = planImport(
    changed((tensors) => tensors.set('module.layers.4.layers.1.layers.2.weight', hostTensor([3], new Float32Array(3)))),
  );
  await expect(imported(wide)).rejects.toThrow(
    /"stage2\/block1\/depthwise" has 8 values of slope in the model but 3 in the file[^]*layers\.4\.layers\.1/,
  );
  expect(() =>
    planImport(
      changed((tensors) =>
        tensors.set('module.conv_sep.layers.0.weight', hostTensor([16, 9, 1, 1], new Float32Array(144))),
      ),
    ),
  ).toThrow(/its layer 48 \(kernel 16×9×1×1\) stands where[^]*conv_sep/);
  expect(() =>
    planImport(
      changed((tensors) =>
        tensors.set(
          'module.layers.5.layers.2.layers.0.layers.0.weight',
          hostTensor([16, 8, 1, 1], new Float32Array(128)),
        ),
      ),
    ),
  ).toThrow(/its layer 28 \(kernel 8×1×3×3\) stands where/);
  expect(() =>
    planImport({ ...file, tensors: new Map([['fc.weight', hostTensor([2, 2], new Float32Array(4))]]) }),
  ).toThrow(/no known port[^]*TreB1eN/);
});

test('weights that are not finite are rejected by the name of their tensor', async () => {
  const file = await arcface();
  for (const [value, told] of [
    [NaN, 'NaN'],
    [-Infinity, 'infinity'],
  ] as const) {
    const [name, tensor] = [...file.tensors][30];
    const broken = hostTensor(
      tensor.shape,
      Float32Array.from(tensor.data, (own, i) => (i === 1 ? value : own)),
    );
    const tensors = new Map(file.tensors).set(name, broken);
    for (const layout of [undefined, 'order'])
      expect(() => planImport({ ...file, tensors }, { layout })).toThrow(`The tensor "${name}" contains ${told}`);
  }
});

test('any damage to a file gives a clear error or numbers', async () => {
  const whole = Object.values(ports)
    .flatMap(({ files }) => Object.values(files))
    .map((file) => packed(file));
  const settles = async (bytes: Uint8Array): Promise<void> => {
    try {
      const plan = planImport(await parseWeights(bytes, 'damaged'));
      await imported(plan);
    } catch (error) {
      expect(error).toBeInstanceOf(FacewrightError);
    }
  };
  const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 });
  // headers, names and shapes are at the start, or at the end in a zip file
  const place = (size: number, at: number): number => {
    const near = at % Math.min(size, 3000);
    return [at % size, near, size - 1 - near][at % 3];
  };
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...whole), edits, fc.nat(), async (bytes, changes, cut) => {
      const damaged = new Uint8Array(bytes);
      for (const [at, value] of changes) damaged[place(damaged.length, at)] = value;
      await settles(cut % 4 ? damaged : damaged.subarray(0, cut % damaged.length));
    }),
    { numRuns: 300 },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        [8, 8],
        [0x50, 0x4b, 3, 4],
        [...packed(ports['mobilefacenet-pytorch'].files.pytorch).subarray(0, 21)],
      ),
      fc.uint8Array({ maxLength: 200 }),
      async (start, rest) => settles(Uint8Array.from([...start, ...rest])),
    ),
    { numRuns: 500 },
  );
});
