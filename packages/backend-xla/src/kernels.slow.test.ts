/** Every kernel of a captured step, on the CPU plugin. */
import { CAPTURED_OPS } from '@facewright/capture';
import type { Engine } from '@facewright/core';
import { expectAgreement } from '@facewright/test/agree';
import { OP_EXAMPLES } from '@facewright/test/captured-ops';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cpuPlugin, openCpu } from '../test/cpu-plugin.js';
import { lowerings } from './lowering/index.js';

const here = await cpuPlugin();

describe.skipIf('missing' in here)('kernels', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openCpu('path' in here ? here.path : '');
  });
  afterAll(() => engine.dispose());
  test.each(OP_EXAMPLES.map((example) => [example.name, example] as const))('%s', (_, { step, inputs }) =>
    expectAgreement(engine, step, {}, inputs, 1e-5),
  );
});

describe.skipIf('missing' in here)('lowered as for a GPU', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openCpu('path' in here ? here.path : '', 1, { lowerAs: 'cuda' });
  });
  afterAll(() => engine.dispose());
  const different = OP_EXAMPLES.filter(({ name }) => /depthwise|batch ?norm/i.test(name));
  test('there are some', () => expect(different.length).toBeGreaterThan(5));
  test.each(different.map((example) => [example.name, example] as const))('%s', (_, { step, inputs }) =>
    expectAgreement(engine, step, {}, inputs, 1e-5),
  );
});

test.skipIf(!('missing' in here))(`kernels (skipped: ${'missing' in here ? here.missing : ''})`, () => {});

test('every op that can be captured can be lowered', () => {
  // canonical form replaces these
  const rewritten = ['_FusedMatMul', 'FusedConv2D', 'FusedDepthwiseConv2D', 'ExpandDims'];
  expect(CAPTURED_OPS.filter((op) => !lowerings[op] && !rewritten.includes(op))).toEqual([]);
});
