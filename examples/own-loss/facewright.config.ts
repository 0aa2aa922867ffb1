import { defineConfig } from 'facewright';

export default defineConfig({
  stages: [
    { loss: { name: './my-loss.ts', s: 20 }, until: { epochs: 5 } },
    { loss: { name: 'arcface', s: 32, m: 0.4 }, until: { epochs: 5 } },
  ],
});
