/** The reference engine: tfjs's plain JavaScript kernels, simple and obviously correct. Every other engine is tested against it. */
import {
  definePlugin,
  openEagerEngine,
  withTfBackend,
  type Availability,
  type Backend,
  type Engine,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { VERSION } from './version.js';

const DEVICE = 'plain JavaScript, 1 thread';

class CpuBackend implements Backend {
  readonly traits = { speed: 'slow', workers: {}, layout: 'interleaved' } as const;

  async probe(): Promise<Availability> {
    return { usable: true, device: DEVICE };
  }

  async open(): Promise<Engine> {
    await import('@tensorflow/tfjs-backend-cpu');
    const engine = await openEagerEngine({ name: 'cpu', tfBackend: 'cpu', device: DEVICE });
    writeOnceQuietly();
    return engine;
  }
}

/**
 * In Node the backend prints a message on its first write, unless tfjs is in production mode. That mode silences
 * warnings, so it is enabled only for this write.
 */
function writeOnceQuietly(): void {
  const production = tf.env().getBool('PROD');
  tf.env().set('PROD', true);
  try {
    withTfBackend('cpu', () => tf.dispose(tf.scalar(0)));
  } finally {
    tf.env().set('PROD', production);
  }
}

/** Runs everywhere; about ten times slower than `wasm` in training. Takes no options. */
export const cpu = definePlugin({
  meta: {
    name: 'cpu',
    kind: 'backend',
    version: VERSION,
    apiVersion: 1,
    description: 'plain JavaScript: slow reference engine',
  },
  options: z.strictObject({}),
  useClass: CpuBackend,
});

declare module '@facewright/core' {
  interface BackendPlugins {
    cpu: typeof cpu;
  }
}
export default cpu;
