/** Finds the system's MPI library and loads it, once per process. */
import { FacewrightError, messageOf } from '@facewright/core';
import { loadKoffi, type Koffi } from '@facewright/platform/node';
import { flavourOf, type Flavour, type Handle } from './flavours.js';
import { launchOf, type Launch } from './launch.js';

const OPEN_MPI = ['libmpi.so.40', 'libmpi.so.80', 'libopen-mpi.so'];
const MPICH = ['libmpich.so.12', 'libmpich.so.15', 'libmpi.so.12', 'libmpich.so'];
const ABI = ['libmpi_abi.so.1', 'libmpi_abi.so.0', 'libmpi_abi.so'];
/** By any name that development packages and macOS use. */
const ANY = ['libmpi.so', 'libmpi.dylib', '/opt/homebrew/lib/libmpi.dylib', '/usr/local/lib/libmpi.dylib'];

/** Where to look, in order: a process only meets the others in the library that its launcher belongs to. */
export const candidates = (launch: Launch | undefined): readonly string[] =>
  launch?.protocol === 'pmi' ? [...MPICH, ...ABI, ...ANY, ...OPEN_MPI] : [...OPEN_MPI, ...ABI, ...ANY, ...MPICH];

export interface MpiLibrary {
  readonly koffi: Koffi;
  readonly path: string;
  readonly handle: ReturnType<Koffi['load']>;
  readonly flavour: Flavour;
}

/** Throws a `FacewrightError` if there is no MPI here, or the given file is none. */
export async function openLibrary(given: string | undefined): Promise<MpiLibrary> {
  const koffi = await loadKoffi().catch((cause: unknown) => {
    throw new FacewrightError({
      what: `koffi, which calls MPI, cannot be loaded: ${messageOf(cause).split('\n')[0]}`,
      where: 'cluster "mpi"',
      todo: 'npm install --include=optional koffi',
      cause,
    });
  });
  keepHeapUnwatched();
  const paths = given === undefined ? candidates(launchOf(process.env)) : [given];
  const reasons: string[] = [];
  for (const path of paths) {
    try {
      const handle = koffi.load(path);
      const flavour = flavourOf(path, (name) => symbolOf(handle, name));
      if (flavour) return { koffi, path, handle, flavour };
      reasons.push(`${path}: neither Open MPI, nor MPICH, nor a library with the ABI of MPI 5`);
    } catch (error) {
      reasons.push(messageOf(error).split('\n')[0]);
    }
  }
  throw new FacewrightError({
    what: given === undefined ? 'No MPI library was found.' : `The MPI library cannot be used: ${reasons.join('; ')}.`,
    where: given ?? `cluster "mpi", which looked for ${paths.join(', ')}`,
    todo: 'Install one (apt-get install openmpi-bin libopenmpi3, or mpich; module load openmpi), or name it: cluster: { name: "mpi", library: "/path/to/libmpi.so" }.',
  });
}

/**
 * MPICH and Open MPI may send through UCX, which by default patches the C library's `brk` and `mmap` while they are in
 * use, to notice freed memory. Node allocates in several threads, and about one start in thirty ended in a segmentation
 * fault. What UCX gains by it, registered memory kept for network cards, is small beside a step; who wants it sets
 * the variable.
 */
function keepHeapUnwatched(): void {
  process.env.UCX_MEM_EVENTS ??= 'no';
}

function symbolOf(library: MpiLibrary['handle'], name: string): Handle | undefined {
  try {
    return library.symbol(name, 'void') as Handle;
  } catch {
    return undefined;
  }
}
