import { testBackend } from '@facewright/testkit';
import { myPlugin } from './backend.js';

testBackend(myPlugin());
