/**
 * koffi, which calls C functions. It is optional: on platforms without its binary, the parts that need it are not used.
 */
import type * as KoffiModule from 'koffi';

export type Koffi = typeof KoffiModule;

export const loadKoffi = async (): Promise<Koffi> => (await import('koffi')).default as unknown as Koffi;
