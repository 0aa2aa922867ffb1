export * from './softmax.js';
export * from './arcface.js';
