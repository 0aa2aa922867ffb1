export * from './mobilefacenet.js';
export * from './layers.js';
