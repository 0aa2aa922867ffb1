/** Every kernel of a captured step, on the CPU plugin with one device and with four. */
import { CAPTURED_OPS } from '@facewright/capture';
import { testKernels } from '@facewright/test/kernels';
import { describe, expect, test } from 'vitest';
import { cpuPlugin, openCpu } from '../test/cpu-plugin.js';
import { lowerings } from './lowering/index.js';

const here = await cpuPlugin();
if ('path' in here) describe('kernels', () => testKernels(() => openCpu(here.path)));
else test.skip(`kernels (skipped: ${here.missing})`, () => {});

test('every op that can be captured can be lowered', () => {
  // fused kernels are others when the graph is simplified
  const simplified = ['_FusedMatMul', 'FusedConv2D', 'FusedDepthwiseConv2D'];
  expect(CAPTURED_OPS.filter((op) => !lowerings[op] && !simplified.includes(op))).toEqual([]);
});
