/** The part of this package that runs in a browser: the computation of an exported model. */
export { EMBEDDINGS, IMAGES, publishedStep, type ImageLayout, type PublishedStep } from './published-step.js';
