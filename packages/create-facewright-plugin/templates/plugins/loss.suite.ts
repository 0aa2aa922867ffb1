import { cpu } from '@facewright/backend-cpu';
import { testLoss } from '@facewright/testkit';
import { myPlugin } from './loss.js';

testLoss(myPlugin(), { engine: cpu() });
