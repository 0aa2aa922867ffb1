/// <reference types="@webgpu/types" />
/** Where WebGPU comes from, and what is said of an adapter: the same for Node and browsers, which differ in how `GPU` is had. */
import { messageOf, type Availability } from '@facewright/core';

/** Gives the entry point of WebGPU, or throws with the reason why there is none. */
export interface GpuSource {
  load(): Promise<GPU>;
  /** What mends a missing `GPU`, and what mends a missing adapter. */
  readonly remedies: { readonly library: string; readonly adapter: string };
}

export interface FoundAdapter {
  readonly gpu: GPU;
  readonly adapter: GPUAdapter;
  readonly name: string;
  /** The adapter is a program that plays a GPU on the processor. */
  readonly emulated: boolean;
}

/** Throws where there is none; a browser asked for a fast GPU may still give its only one. */
export async function findAdapter(source: GpuSource): Promise<FoundAdapter> {
  const gpu = await source.load();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('no adapter: WebGPU is here, but it finds no graphics driver that it can use');
  return { gpu, adapter, name: nameOf(adapter.info), emulated: isEmulated(adapter) };
}

/** The parts of the adapter's description that people know it by. Browsers leave most of it empty. */
function nameOf({ description, vendor, architecture, device }: GPUAdapterInfo): string {
  return description || [vendor, architecture || device].filter(Boolean).join(' ') || 'unnamed adapter';
}

const EMULATORS = /swiftshader|llvmpipe|lavapipe|basic render/i;

function isEmulated({ info }: GPUAdapter): boolean {
  return info.isFallbackAdapter || EMULATORS.test(`${info.description} ${info.architecture} ${info.device}`);
}

export async function probe(source: GpuSource): Promise<Availability> {
  try {
    await source.load();
  } catch (error) {
    return { usable: false, reason: messageOf(error).split('\n')[0], remedy: source.remedies.library };
  }
  try {
    const { name, emulated } = await findAdapter(source);
    return { usable: true, device: emulated ? `${name}, emulated on the processor` : name, emulated };
  } catch (error) {
    return { usable: false, reason: messageOf(error).split('\n')[0], remedy: source.remedies.adapter };
  }
}
