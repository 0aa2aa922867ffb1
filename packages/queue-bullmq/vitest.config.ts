// `nx test queue-bullmq`
export { default } from '../../vitest.package.js';
