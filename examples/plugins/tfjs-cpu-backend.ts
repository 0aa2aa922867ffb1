/** Trains on any backend that tfjs can register; here its plain JavaScript one. */
import { definePlugin, openEagerEngine, type Backend } from '@facewright/core';
import { z } from 'zod';

const DEVICE = 'plain JavaScript, 1 thread';

export default definePlugin({
  meta: { kind: 'backend', name: 'tfjs-cpu', version: '1.0.0', apiVersion: 1 },
  options: z.strictObject({}),
  create: (): Backend => ({
    // `backend: auto`, presets and worker threads go by these, never by the name
    traits: { speed: 'slow', workers: {}, layout: 'interleaved' },
    // must be quick and must not throw; where it is not usable, say why and what to do
    probe: async () => ({ usable: true, device: DEVICE }),
    async open() {
      await import('@tensorflow/tfjs-backend-cpu'); // registers the tfjs backend "cpu"
      return openEagerEngine({ name: 'tfjs-cpu', tfBackend: 'cpu', device: DEVICE });
    },
  }),
});
