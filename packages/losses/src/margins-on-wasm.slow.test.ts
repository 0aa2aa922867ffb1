// The conformance suite of the losses beside softmax and ArcFace on the wasm engine; margins.test.ts has it on the cpu.
import { wasm } from '@facewright/backend-wasm';
import { testLoss } from '@facewright/testkit';
import { suites } from '../test/suites.js';

for (const [name, loss, options] of suites) testLoss(loss, { engine: wasm(), name: `${name} on wasm`, ...options });
