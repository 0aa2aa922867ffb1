import { landmarksFrom } from '@facewright/core';
import { testAligner } from '@facewright/testkit';
import { myPlugin, TEMPLATE } from './aligner.js';

testAligner(myPlugin(), { template: landmarksFrom(TEMPLATE) });
