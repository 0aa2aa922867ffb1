/** koffi, which calls C functions. It is optional: a platform without its binary does without the parts that need it. */
import type * as KoffiModule from 'koffi';

export type Koffi = typeof KoffiModule;

export const loadKoffi = async (): Promise<Koffi> => (await import('koffi')).default as unknown as Koffi;
