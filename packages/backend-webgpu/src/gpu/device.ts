/**
 * The device shared by all engines of a process: tfjs has one backend per name, and tensors cannot move between
 * devices.
 */
import { findAdapter, type FoundAdapter, type GpuSource } from './source.js';

export interface OpenDevice {
  readonly device: GPUDevice;
  readonly info: GPUAdapterInfo;
  readonly name: string;
  readonly emulated: boolean;
  readonly health: DeviceHealth;
}

/** What the device reports on its own. */
export interface DeviceHealth {
  /** Why it was lost, once it is. */
  lost?: string;
  /** Errors that nobody asked about since this was last cleared. */
  readonly faults: string[];
  /** Called once when it is lost. */
  readonly onLost: Set<() => void>;
}

/** Limits beyond the defaults guaranteed by every adapter, for kernels that need more where the adapter offers it. */
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
    opening = undefined; // the next engine requests a new one
    health.lost = message;
    for (const tell of health.onLost) tell();
  });
  return { device, info: adapter.info, name, emulated, health };
}
