/** What of this package runs in a browser: what an exported model computes. */
export { EMBEDDINGS, IMAGES, publishedStep, type ImageLayout, type PublishedStep } from './published-step.js';
