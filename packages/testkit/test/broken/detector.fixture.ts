/** Detectors that are wrong in one way each. */
import { definePlugin, type Detector, type RgbImage } from '@facewright/core';
import { testDetector } from '@facewright/testkit';
import { meta, options, template } from './shared.js';

const face = (confidence: number) => ({ box: { x: 0, y: 0, width: 5, height: 5 }, confidence, landmarks: template });
const grey = (): RgbImage => ({ width: 8, height: 8, data: new Uint8Array(192).fill(100) });
testDetector(
  definePlugin({
    meta: meta('detector', 'unsorted'),
    options,
    create: () => ({ detect: async ({ width }) => (width === 8 ? [face(0.5), face(0.9)] : []) }),
  })(),
  { photos: [{ name: 'two', image: grey, faces: 2 }] },
);
testDetector(
  definePlugin({
    meta: meta('detector', 'remembers'),
    options,
    create: () => {
      let seen = 0;
      return { detect: async ({ width }) => (width === 8 ? [face(1 / ++seen)] : []) };
    },
  })(),
  { photos: [{ name: 'one', image: grey, faces: 1 }] },
);

const detector = (name: string, part: Detector, more: Parameters<typeof testDetector>[1] = {}): void =>
  testDetector(definePlugin({ meta: meta('detector', name), options, create: () => part })(), more);
detector('sees-faces-everywhere', { detect: async () => [face(0.9)] });
detector('another-answer-for-a-batch', {
  detect: async () => [],
  detectBatch: async (images) => images.map(() => [face(0.9)]),
});
detector('not-as-constant-as-it-says', { detect: async () => [] }, { constant: 1 });
