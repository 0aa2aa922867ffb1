/** The wasm engine passes the suite that all engines pass. */
import { testBackend } from '@facewright/testkit';
import { wasm } from './index.js';

testBackend(wasm());
