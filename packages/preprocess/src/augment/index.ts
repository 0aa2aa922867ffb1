export { gaussianNoise } from './gaussian-noise.js';
export { opening } from './opening.js';
export { saltAndPepper } from './salt-and-pepper.js';
