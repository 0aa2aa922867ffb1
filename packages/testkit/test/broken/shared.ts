/** What the broken parts are made with. Each file of this folder runs parts under a suite that are wrong in one way each. */
import { createRandom, hostTensor, openEagerEngine, type Engine, type HostTensor } from '@facewright/core';
import '@tensorflow/tfjs-backend-cpu';
import { z } from 'zod';

export const engine = (): Promise<Engine> =>
  openEagerEngine({ name: 'cpu', tfBackend: 'cpu', device: 'plain JavaScript' });
export const options = z.strictObject({});
export const meta = <K extends string>(kind: K, name: string) => ({
  name,
  kind,
  version: '0.0.0',
  apiVersion: 1 as const,
});
/** Normal draws of deviation 0.3. */
export const normal = (shape: number[], random = createRandom(1)): HostTensor =>
  hostTensor(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.3 * random.normal()),
  );
/** Where an aligned face of 112 pixels has its landmarks. */
export const template = {
  leftEye: [38, 52],
  rightEye: [74, 52],
  nose: [56, 72],
  mouthLeft: [41, 92],
  mouthRight: [71, 92],
} as const;
