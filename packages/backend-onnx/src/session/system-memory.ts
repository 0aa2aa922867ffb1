/**
 * Makes the C library return freed memory to the system at once. By default glibc keeps freed blocks of up to 32 MB for later,
 * and a step whose tensors come and go in hundreds of sizes leaves them in pieces: three times the memory that it ever uses.
 */

/** M_MMAP_THRESHOLD of malloc.h. */
const MMAP_THRESHOLD = -3;
/** Larger blocks get pages of their own. */
const BYTES = 1 << 20;

type Mallopt = (name: number, value: number) => number;

let found: Promise<Mallopt | undefined> | undefined;

const mallopt = (): Promise<Mallopt | undefined> => (found ??= findMallopt().catch(() => undefined));

async function findMallopt(): Promise<Mallopt | undefined> {
  if (process.platform !== 'linux') return undefined;
  const { loadKoffi } = await import('@facewright/platform/node');
  const koffi = await loadKoffi();
  return koffi.load('libc.so.6').func('int mallopt(int, int)') as unknown as Mallopt;
}

/** Not without koffi, or with another C library than glibc. */
export const canReturnMemory = async (): Promise<boolean> => (await mallopt()) !== undefined;

/** For the rest of the process. Does nothing where it cannot. */
export const returnFreedMemory = async (): Promise<void> => void (await mallopt())?.(MMAP_THRESHOLD, BYTES);
