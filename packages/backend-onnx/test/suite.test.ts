// The backend conformance suite, on each lowering.
import { testBackend } from '@facewright/testkit';
import { onnx } from '../src/index.js';

testBackend(onnx({ lowering: 'std' }));
testBackend(onnx({ lowering: 'blocked' }));
