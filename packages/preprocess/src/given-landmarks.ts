/** A detector plugin that detects nothing, for datasets that come with landmarks. */
import { API_VERSION, definePlugin, type Detector, type Face } from '@facewright/core';
import { z } from 'zod';
import { VERSION } from './version.js';

class GivenLandmarks implements Detector {
  readonly fingerprint = 'given landmarks';

  async detect(): Promise<Face[]> {
    return [];
  }
}

export const givenLandmarks = definePlugin({
  meta: {
    name: 'landmarks',
    kind: 'detector',
    version: VERSION,
    apiVersion: API_VERSION,
    description: 'No detection: uses the landmarks that come with the photos',
  },
  options: z.strictObject({}),
  useClass: GivenLandmarks,
});

declare module '@facewright/core' {
  interface DetectorPlugins {
    landmarks: typeof givenLandmarks;
  }
}
