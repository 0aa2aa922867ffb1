// The conformance suite for the losses other than softmax and ArcFace on the wasm engine; margins.test.ts runs it on
// cpu.
import { wasm } from '@facewright/backend-wasm';
import { testLoss } from '@facewright/testkit';
import { suites } from '../test/suites.js';

for (const [name, loss, options] of suites) testLoss(loss, { engine: wasm(), name: `${name} on wasm`, ...options });
