/** The published range and default of every option of this package's plugins. */
import { testOptionLimits, type OptionLimits } from '@facewright/test/option-limits';
import { fivePoint } from './align/index.js';
import { gaussianNoise, opening, saltAndPepper } from './augment/index.js';
import { mtcnn } from './mtcnn/index.js';

const share = (byDefault: number): OptionLimits => ({ byDefault, accepts: [0, 1], refuses: [-0.01, 1.01] });

testOptionLimits(fivePoint, { size: { byDefault: 112, accepts: [16, 1024], refuses: [15, 1025, 20.5] } });
testOptionLimits(opening, { side: { byDefault: 5, accepts: [1, 31], refuses: [-1, 0, 4, 32, 33, 2.5] } });
testOptionLimits(gaussianNoise, {
  mean: { byDefault: 0, accepts: [-1, 1], refuses: [-1.01, 1.01] },
  variance: share(0.01),
});
testOptionLimits(saltAndPepper, { amount: share(0.05), salt: share(0.5) });
testOptionLimits(mtcnn, {
  weights: { accepts: ['here'], refuses: ['', 5] },
  rules: { byDefault: '0.1', accepts: ['1.0'], refuses: ['0.2'] },
  minFace: { byDefault: 20, accepts: [4, 1000], refuses: [3.9] },
  factor: { byDefault: 0.709, accepts: [0.1, 0.95], refuses: [0.09, 0.96] },
  thresholds: {
    accepts: [[0, 0.5, 1]],
    refuses: [
      [0.6, 0.7],
      [-0.1, 0.5, 0.5],
      [0.5, 1.1, 0.5],
      [0.5, 0.5, 1.1],
    ],
  },
  rounding: { byDefault: 'truncate', accepts: ['none'], refuses: ['round'] },
});
