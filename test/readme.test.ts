/** The loss that the README shows passes the suite of losses. */
import { cpu } from '@facewright/backend-cpu';
import { testLoss } from '@facewright/testkit';
import loss from '../examples/own-loss/my-loss.js';

testLoss(loss(), { engine: cpu() });
