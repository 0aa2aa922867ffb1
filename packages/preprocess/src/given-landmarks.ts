/** The detector that finds nothing, as a plugin: for datasets that bring their landmarks with them. */
import { API_VERSION, definePlugin } from '@facewright/core';
import { z } from 'zod';

export const givenLandmarks = definePlugin({
  meta: {
    name: 'landmarks',
    kind: 'detector',
    version: '0.1.0',
    apiVersion: API_VERSION,
    description: 'No detection: photos must bring their landmarks',
  },
  options: z.strictObject({}),
  create: () => ({ fingerprint: 'given landmarks', detect: async () => [] }),
});
