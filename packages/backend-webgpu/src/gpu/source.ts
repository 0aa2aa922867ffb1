/// <reference types="@webgpu/types" />
/**
 * Where WebGPU comes from, and how adapters are described: the same for Node and browsers, which differ in how they get
 * `GPU`.
 */
import { messageOf, type Availability } from '@facewright/core';

/** Returns WebGPU's entry point, or throws with the reason why there is none. */
export interface GpuSource {
  load(): Promise<GPU>;
  /** Fixes for a missing `GPU`, and for a missing adapter. */
  readonly remedies: { readonly library: string; readonly adapter: string };
  /**
   * Looks for an adapter without loading anything here; without this, the probe loads WebGPU and asks. Throws if there
   * is no WebGPU at all.
   */
  look?(): Promise<{ readonly info?: AdapterInfo; readonly error?: string }>;
}

/** An adapter's own description. */
export type AdapterInfo = Partial<
  Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'device' | 'description' | 'isFallbackAdapter'>
>;

const NO_ADAPTER = 'no adapter: WebGPU works, but finds no usable graphics driver';

export interface FoundAdapter {
  readonly gpu: GPU;
  readonly adapter: GPUAdapter;
  readonly name: string;
  /** The adapter is a program that emulates a GPU on the CPU. */
  readonly emulated: boolean;
}

/** Throws if there is none. A browser asked for a fast GPU may still return its only one. */
export async function findAdapter(source: GpuSource): Promise<FoundAdapter> {
  const gpu = await source.load();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error(NO_ADAPTER);
  return { gpu, adapter, name: nameOf(adapter.info), emulated: isEmulated(adapter.info) };
}

/** The familiar parts of the adapter's description. Browsers leave most of it empty. */
function nameOf({ description, vendor, architecture, device }: AdapterInfo): string {
  return description || [vendor, architecture || device].filter(Boolean).join(' ') || 'unnamed adapter';
}

const EMULATORS = /swiftshader|llvmpipe|lavapipe|basic render/i;

function isEmulated(info: AdapterInfo): boolean {
  return info.isFallbackAdapter || EMULATORS.test(`${info.description} ${info.architecture} ${info.device}`);
}

export async function probe(source: GpuSource): Promise<Availability> {
  const unusable = (error: unknown, remedy: string): Availability => ({
    usable: false,
    reason: messageOf(error).split('\n')[0],
    remedy,
  });
  let found: Awaited<ReturnType<NonNullable<GpuSource['look']>>>;
  try {
    found = await (source.look ?? (() => lookHere(source)))();
  } catch (error) {
    return unusable(error, source.remedies.library);
  }
  const { info, error } = found;
  if (!info) return unusable(error ?? NO_ADAPTER, source.remedies.adapter);
  const [name, emulated] = [nameOf(info), isEmulated(info)];
  return { usable: true, device: emulated ? `${name}, emulated on the CPU` : name, emulated };
}

async function lookHere(source: GpuSource): Promise<{ info?: AdapterInfo; error?: string }> {
  await source.load();
  try {
    return { info: (await findAdapter(source)).adapter.info };
  } catch (error) {
    return { error: messageOf(error) };
  }
}
