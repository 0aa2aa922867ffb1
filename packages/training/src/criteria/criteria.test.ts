/** The conformance suite for the criteria that are built in. */
import { testCriterion } from '@facewright/testkit';
import { accuracyCriterion, epochsCriterion, plateauCriterion, stepsCriterion } from '../index.js';

testCriterion(stepsCriterion({ steps: 120 }));
testCriterion(epochsCriterion({ epochs: 2.5 }));
testCriterion(epochsCriterion({ epochs: 0.001 }), { name: 'epochs, less than a step' });
testCriterion(plateauCriterion({ window: 10, patience: 2 }));
testCriterion(accuracyCriterion({ atLeast: 0.8 }));
testCriterion(accuracyCriterion({ patience: 3, minimumGain: 0.01 }), { name: 'accuracy, no longer rising' });
