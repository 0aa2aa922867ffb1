import { cpu } from '@facewright/backend-cpu';
import { testOptimiser } from '@facewright/testkit';
import { myPlugin } from './optimiser.js';

testOptimiser(myPlugin(), { engine: cpu() });
