// A training step of a small MobileFaceNet on each lowering, compared with the reference engine.
import { testTrainingAgreement } from '@facewright/test/training-agreement';
import { describe, test } from 'vitest';
import { openOnnxEngine } from '../src/index.js';

const probe = await openOnnxEngine({ provider: 'cpu', lowering: 'blocked', threads: 2 });
const { block } = probe;
await probe.dispose();

describe('std', () => testTrainingAgreement(() => openOnnxEngine({ provider: 'cpu', lowering: 'std', threads: 2 })));
if (block)
  describe(`blocked by ${block}`, () =>
    testTrainingAgreement(() => openOnnxEngine({ provider: 'cpu', lowering: 'blocked', threads: 2 })));
else test.skip("blocked (skipped: this processor's onnxruntime has no blocked layout)", () => {});
