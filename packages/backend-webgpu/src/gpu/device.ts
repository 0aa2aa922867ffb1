/** The device all engines of a process share: tfjs has one backend of a name, and tensors cannot cross devices. */
import { findAdapter, type FoundAdapter, type GpuSource } from './source.js';

export interface OpenDevice {
  readonly device: GPUDevice;
  readonly info: GPUAdapterInfo;
  readonly name: string;
  readonly emulated: boolean;
  readonly health: DeviceHealth;
}

/** What the device reports by itself. */
export interface DeviceHealth {
  /** Why it is gone, once it is. */
  lost?: string;
  /** What it refused and nobody asked about, since this was last emptied. */
  readonly faults: string[];
  /** Called once when it is lost. */
  readonly onLost: Set<() => void>;
}

/** Beyond the defaults every adapter must have; what a kernel may need more of where the adapter gives it. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
] as const;

let opening: Promise<OpenDevice> | undefined;

export function openDevice(source: GpuSource): Promise<OpenDevice> {
  opening ??= findAdapter(source)
    .then(requestDevice)
    .catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
  return opening;
}

async function requestDevice({ adapter, name, emulated }: FoundAdapter): Promise<OpenDevice> {
  const device = await adapter.requestDevice({
    requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
  });
  const health: DeviceHealth = { faults: [], onLost: new Set() };
  device.addEventListener('uncapturederror', ({ error }) => void health.faults.push(error.message));
  void device.lost.then(({ message }) => {
    opening = undefined; // the next engine asks for another one
    health.lost = message;
    for (const tell of health.onLost) tell();
  });
  return { device, info: adapter.info, name, emulated, health };
}
