import { testCriterion } from '@facewright/testkit';
import { myPlugin } from './criterion.js';

testCriterion(myPlugin());
