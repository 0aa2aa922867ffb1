// Tests the blocked lowering with every block size, on any processor: onnxruntime's internal convolution is written out
// in standard ops for the block size under test, and the whole step is compared with the reference engine. On machines
// with the layout, both must agree.
import { CompiledExecutable } from '@facewright/compiled-engine';
import { type CompileOptions, type Executable, type StepFunction } from '@facewright/core';
import { referenceEngine } from '@facewright/test/reference';
import { batch, expectSameStep, gradientStep, setting, type Setting } from '@facewright/test/training-agreement';
import { beforeAll, expect, test } from 'vitest';
import { NCHWC_DOMAIN, OnnxBuilder } from '../src/onnx/builder.js';
import type { OnnxAttribute } from '../src/onnx/encode.js';
import { probeBlock } from '../src/session/probe-block.js';
import { OnnxRunner } from '../src/session/runner.js';
import { loadRuntime, type Runtime } from '../src/session/runtime.js';

/** [1, C, H, W] in the blocked layout is the memory [C/B, H, W, B], for kernels and results alike. */
class WrittenOut extends OnnxBuilder {
  written = 0;

  constructor(private readonly block: number) {
    super();
  }

  override multi(
    op: string,
    inputs: readonly string[],
    outputs: number,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain = '',
  ): string[] {
    if (domain !== NCHWC_DOMAIN) return super.multi(op, inputs, outputs, attributes, domain);
    expect(op).toBe('Conv');
    this.written++;
    const { activation, activation_params: parameters, ...geometry } = attributes;
    const channels = (geometry.group as { int: number }).int;
    const blocks = channels / this.block;
    expect(Number.isInteger(blocks)).toBe(true);
    const turned = (name: string, shape: readonly number[]): string =>
      this.op('Reshape', [
        this.op('Transpose', [this.op('Reshape', [name, this.integers(...shape)])], { perm: { ints: [0, 2, 1] } }),
        this.op('Shape', [name]),
      ]);
    const plain = (name: string): string => turned(name, [blocks, -1, this.block]);
    const [x, kernel, bias = '', sum = ''] = inputs;
    const convolved = this.op('Conv', [plain(x), plain(kernel), ...(bias ? [bias] : [])], geometry);
    const added = sum ? this.op('Add', [convolved, plain(sum)]) : convolved;
    const way = (activation as { string: string } | undefined)?.string;
    const [alpha, beta] = (parameters as { floats: number[] } | undefined)?.floats ?? [];
    let active = added;
    if (way === 'Relu') active = this.op('Relu', [added]);
    if (way === 'HardSigmoid')
      active = this.op('HardSigmoid', [added], { alpha: { float: alpha }, beta: { float: beta } });
    return [turned(active, [blocks, this.block, -1])];
  }
}

let runtime: Runtime;
let given: Setting;
beforeAll(async () => {
  runtime = await loadRuntime();
  given = await setting();
});

function executable(
  step: StepFunction,
  options: CompileOptions,
  { block, own = false, memoryBytes }: { block: number; own?: boolean; memoryBytes?: number },
): { executable: Executable; written(): number } {
  const builders: WrittenOut[] = [];
  const builder = own ? undefined : () => builders[builders.push(new WrittenOut(block)) - 1];
  return {
    executable: new CompiledExecutable(
      new OnnxRunner({ runtime, provider: 'cpu', threads: 2, block, memoryBytes, builder }, options),
      step,
      options,
      { lowering: 'std' },
    ),
    written: () => builders.reduce((sum, { written }) => sum + written, 0),
  };
}

test.each([4, 8, 16])('blocks of %i images: loss, gradients and running statistics', async (block) => {
  const state = { ...given.params, ...given.statistics };
  const step = gradientStep(given);
  const expected = await (await referenceEngine()).compile(step, { state }).run(batch(16));
  const blocked = executable(step, { state }, { block });
  expectSameStep(await blocked.executable.run(batch(16)), expected);
  expect(blocked.written()).toBeGreaterThan(100);
  blocked.executable.dispose();
  // with little memory, so that part of it is recomputed
  const tight = executable(step, { state }, { block, memoryBytes: 1e6 });
  expectSameStep(await tight.executable.run(batch(16)), expected);
  tight.executable.dispose();
});

test("the written-out form equals what onnxruntime computes with this machine's block size", async ({ skip }) => {
  const block = await probeBlock(runtime);
  if (!block) skip('no blocked layout on this machine');
  const state = { ...given.params, ...given.statistics };
  const step = gradientStep(given);
  const [own, written] = [true, false].map((own) => executable(step, { state }, { block, own }).executable);
  expectSameStep(await own.run(batch(32)), await written.run(batch(32)));
  own.dispose();
  written.dispose();
});
