import { defineConfig } from 'facewright';

export default defineConfig({
  detector: { name: './plain-backdrop-detector.ts', difference: 60 },
  tiers: [{ name: 'all', above: 0, augment: [] }],
});
