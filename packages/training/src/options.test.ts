/** The published range and default of every option of the optimisers and criteria. */
import { testOptionLimits, type OptionLimits } from '@facewright/test/option-limits';
import { adam, adamW, sgd } from './index.js';
import { accuracyCriterion } from './criteria/accuracy.js';
import { epochsCriterion, stepsCriterion } from './criteria/limits.js';
import { plateauCriterion } from './criteria/plateau.js';

const beta = (byDefault: number): OptionLimits => ({ byDefault, accepts: [0, 0.9999], refuses: [-0.1, 1] });
const decay = (byDefault: number) => ({
  weightDecay: { byDefault, accepts: [0, 0.5], refuses: [-0.1] },
  groups: { byDefault: {}, accepts: [{ head: 0, afterGlobal: 4e-4 }], refuses: [{ head: -0.1 }, 5] },
});
const moments = {
  beta1: beta(0.9),
  beta2: beta(0.999),
  epsilon: { byDefault: 1e-8, accepts: [1], refuses: [0, -1] },
};

testOptionLimits(sgd, {
  momentum: beta(0.9),
  nesterov: { byDefault: false, accepts: [true], refuses: [1] },
  ...decay(0),
});
testOptionLimits(adam, { ...moments, ...decay(0) });
testOptionLimits(adamW, { ...moments, ...decay(0.01) });

testOptionLimits(stepsCriterion, { steps: { accepts: [1], refuses: [0, 1.5] } }, { steps: 5 });
testOptionLimits(epochsCriterion, { epochs: { accepts: [0.1, 3], refuses: [0, -1] } }, { epochs: 5 });
testOptionLimits(plateauCriterion, {
  window: { byDefault: 200, accepts: [2], refuses: [1] },
  minimumGain: { byDefault: 0.01, accepts: [0], refuses: [-1] },
  patience: { byDefault: 3, accepts: [1], refuses: [0] },
  minimumLoss: { byDefault: 0.01, accepts: [0], refuses: [-1] },
});
testOptionLimits(
  accuracyCriterion,
  {
    atLeast: { accepts: [0.1, 1], refuses: [0, 1.1] },
    patience: { accepts: [1], refuses: [0] },
    minimumGain: { byDefault: 0.001, accepts: [0, 1], refuses: [-0.1, 1.1] },
  },
  { patience: 5 },
);
