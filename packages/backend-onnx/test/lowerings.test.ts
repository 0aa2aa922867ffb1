/** Every op that can be captured, lowered to standard ONNX. */
import { testLowerings } from '@facewright/test/lowerings';
import { openOnnxEngine } from '../src/index.js';

testLowerings(() => openOnnxEngine({ provider: 'cpu', lowering: 'std', threads: 1 }));
