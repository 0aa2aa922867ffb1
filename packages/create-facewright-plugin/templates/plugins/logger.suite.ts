import { testLogger } from '@facewright/testkit';
import { myPlugin } from './logger.js';

testLogger(myPlugin());
