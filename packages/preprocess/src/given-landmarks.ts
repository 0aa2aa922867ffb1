/** The detector that finds nothing, as a plugin: for datasets that bring their landmarks with them. */
import { API_VERSION, definePlugin, type Detector, type Face } from '@facewright/core';
import { z } from 'zod';

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
    version: '0.1.0',
    apiVersion: API_VERSION,
    description: 'No detection: photos must bring their landmarks',
  },
  options: z.strictObject({}),
  useClass: GivenLandmarks,
});
