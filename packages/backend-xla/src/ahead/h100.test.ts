/** Counting in an optimised program. */
import { expect, test } from 'vitest';
import { countProgram } from './h100.js';

const HLO = `HloModule train

%fused_transpose.1 (p: f32[4,2]) -> f32[2,4] {
  %p = f32[4,2]{1,0} parameter(0)
  ROOT %t = f32[2,4]{1,0} transpose(%p), dimensions={1,0}
}

ENTRY %main.9 (a: f32[4,2], b: bf16[4]) -> (f32[4,2], bf16[4]) {
  %a = f32[4,2]{1,0} parameter(0)
  %b = bf16[4]{0} parameter(1)
  %flat = f32[8]{0} bitcast(%a)
  %turned = f32[2,4]{1,0} fusion(%a), kind=kLoop, calls=%fused_transpose.1
  %conv = (f32[4,2]{1,0}, u8[16]{0}) custom-call(%turned, %b), custom_call_target="__cudnn$convForward", backend_config={"x":"(y)"}
  %first = f32[4,2]{1,0} get-tuple-element(%conv), index=0
  %kept = bf16[4]{0} copy(%b)
  %few = f32[2,2]{1,0} fusion(%conv#0), kind=kLoop, calls=%wrapped_slice_computation.3
  %sum = (f32[2]{0}, f32[2]{0}, /*index=2*/f32[2]{0}) fusion(%few, %conv#0, /*index=2*/%conv#1), kind=kInput, calls=%fused_reduce
  ROOT %result = (f32[4,2]{1,0}, bf16[4]{0}) tuple(%first, %kept)
}
`;

test('kernels by kind, and the bytes they read and write, also of one of several results and of a slice', () => {
  expect(countProgram(HLO)).toEqual({
    kernels: 5,
    byKind: { 'loop fusion': 2, 'input fusion': 1, __cudnn$convForward: 1, copy: 1 },
    transposes: 1,
    copies: 1,
    bytes: 32 + 32 + (32 + 16 + 32 + 8) + (8 + 8) + (16 + 16) + (24 + 16 + 32 + 16),
  });
});
