import { testCluster } from '@facewright/testkit';
import { myPlugin } from './cluster.js';

// for several ranks, give the suite a function that opens all of them: testCluster(myPlugin(), { open })
testCluster(myPlugin());
