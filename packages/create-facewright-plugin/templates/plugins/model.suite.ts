import { cpu } from '@facewright/backend-cpu';
import { testModel } from '@facewright/testkit';
import { myPlugin } from './model.js';

testModel(myPlugin({ inputSize: 16, embeddingSize: 8 }), { engine: cpu() });
