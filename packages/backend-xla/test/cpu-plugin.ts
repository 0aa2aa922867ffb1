/** For the tests: XLA's plugin for the processor. */
export type Found = { readonly path: string } | { readonly missing: string };

export async function cpuPlugin(): Promise<Found> {
  const path = process.env.FACEWRIGHT_PJRT_CPU;
  return path ? { path } : { missing: 'FACEWRIGHT_PJRT_CPU names no plugin' };
}
