/**
 * koffi, which calls C functions. It is optional: on platforms without its binary, the parts that need it are not used.
 */
import type * as KoffiModule from 'koffi';

export type Koffi = typeof KoffiModule;

/** Bytes. koffi's own 128 KiB for a call in the background are too few: a sum in MPICH 4 overruns them and crashes. */
const BACKGROUND_STACK = 1 << 21;

export async function loadKoffi(): Promise<Koffi> {
  const koffi = (await import('koffi')).default as unknown as Koffi;
  // it can only be changed before the first library is loaded
  if ((koffi.config().async_stack_size ?? 0) < BACKGROUND_STACK) koffi.config({ async_stack_size: BACKGROUND_STACK });
  return koffi;
}
