import { testCluster } from '@facewright/testkit';
import { single } from './single.js';

testCluster(single());
testCluster(single({ ordered: true }), { name: 'single, ordered' });
