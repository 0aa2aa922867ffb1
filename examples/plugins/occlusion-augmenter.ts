/** Covers a random rectangle of the face with grey, as a hand or a scarf would: random erasing (Zhong et al., arXiv 1708.04896). */
import { definePlugin, type Augmenter } from '@facewright/core';
import { z } from 'zod';

export default definePlugin({
  meta: { kind: 'augmenter', name: 'occlusion', version: '1.0.0', apiVersion: 1 },
  options: z.strictObject({
    side: z.number().gt(0).max(1).default(0.4).describe('longest side of the rectangle, as a fraction of the image'),
  }),
  create: ({ side }): Augmenter => ({
    augment({ width, height, data }, random) {
      const [w, h] = [width, height].map((full) => 1 + random.integer(Math.max(1, Math.round(side * full))));
      const [left, top] = [random.integer(width - w + 1), random.integer(height - h + 1)];
      const covered = Uint8Array.from(data); // the image that came in stays as it was
      for (let y = top; y < top + h; y++) covered.fill(127, (y * width + left) * 3, (y * width + left + w) * 3);
      return { width, height, data: covered };
    },
  }),
});
