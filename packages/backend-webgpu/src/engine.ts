/** Opens the engine: tfjs-backend-webgpu on a device of our own. */
import { openEagerEngine, type Engine } from '@facewright/core';
import { TF_BACKEND, registerTfjsBackend } from './eager/backend.js';
import { openDevice } from './gpu/device.js';
import type { GpuSource } from './gpu/source.js';

export async function openWebgpuEngine(source: GpuSource): Promise<Engine> {
  const device = await openDevice(source);
  await registerTfjsBackend(device);
  return openEagerEngine({ name: 'webgpu', tfBackend: TF_BACKEND, device: device.name });
}
