import { testAugmenter } from '@facewright/testkit';
import { myPlugin } from './augmenter.js';

testAugmenter(myPlugin());
