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
  ROOT %result = (f32[4,2]{1,0}, bf16[4]{0}) tuple(%first, %kept)
}
`;

test('kernels by kind, and the bytes they read and write', () => {
  expect(countProgram(HLO)).toEqual({
    kernels: 3,
    byKind: { 'loop fusion': 1, __cudnn$convForward: 1, copy: 1 },
    transposes: 1,
    copies: 1,
    bytes: 32 + 32 + (32 + 16 + 32 + 8) + (8 + 8),
  });
});
