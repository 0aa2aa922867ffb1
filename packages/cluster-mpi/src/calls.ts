/** The functions of MPI that the cluster needs, on the communicator of all processes. */
import { FacewrightError } from '@facewright/core';
import { promisify } from 'node:util';
import type { Flavour, Handle } from './flavours.js';
import type { MpiLibrary } from './library.js';

/** MPI_THREAD_SERIALIZED: any thread may call, one at a time. */
const SERIALIZED = 2;
/** More than any library needs: MPI_MAX_LIBRARY_VERSION_STRING of MPICH. */
const LONGEST_VERSION = 8192;
const LONGEST_ERROR = 1024;

type Data = Float32Array | Float64Array | Int32Array | Uint8Array;
type Buffer = Data | bigint;

/** Every call waits for the other processes; only one may be in progress. */
export interface MpiCalls {
  readonly flavour: Flavour;
  readonly rank: number;
  readonly size: number;
  /** The library's name and version, e.g. "Open MPI 4.1.4". */
  readonly version: string;
  allReduce(values: Data, type: Handle): Promise<void>;
  allGather(own: Data, all: Data, count: number, type: Handle): Promise<void>;
  allToAll(own: Data, all: Data, count: number, type: Handle): Promise<void>;
  broadcast(values: Data, type: Handle, root: number): Promise<void>;
  /** On this thread, as the standard wants: it blocks until all processes call it. */
  finalize(): void;
  /** Kills all processes. */
  abort(code: number): Promise<void>;
}

type CFunction = ((...args: unknown[]) => number) & { async(...args: unknown[]): void };

/** Joins the other processes. Throws a `FacewrightError` if the library cannot be called from several threads. */
export function startMpi({ handle: library, flavour, path }: MpiLibrary): MpiCalls {
  const { handle, world, sum, inPlace } = flavour;
  const define = (name: string, ...types: string[]): CFunction =>
    library.func(`int ${name}(${types.join(', ')})`) as unknown as CFunction;
  const errorString = define('MPI_Error_string', 'int', 'void *', '_Out_ int *');
  const check = (name: string, code: number): void => {
    if (code !== 0)
      throw new MpiError(
        name,
        textOf(LONGEST_ERROR, (text, length) => errorString(code, text, length)),
      );
  };

  const provided = [0];
  check(
    'MPI_Init_thread',
    define('MPI_Init_thread', 'void *', 'void *', 'int', '_Out_ int *')(null, null, SERIALIZED, provided),
  );
  if (provided[0] < SERIALIZED)
    throw new FacewrightError({
      what: `This MPI library was built for one thread (level ${provided[0]} of 3), but Node calls it from several in turn.`,
      where: path,
      todo: 'Use a build with at least MPI_THREAD_SERIALIZED: those of Debian, Ubuntu, conda-forge and Homebrew have it.',
    });
  check('MPI_Comm_set_errhandler', define('MPI_Comm_set_errhandler', handle, handle)(world, flavour.errorsReturn));
  const [rank, size] = ['MPI_Comm_rank', 'MPI_Comm_size'].map((name) => {
    const result = [0];
    check(name, define(name, handle, '_Out_ int *')(world, result));
    return result[0];
  });
  const getVersion = define('MPI_Get_library_version', 'void *', '_Out_ int *');

  const collective = (name: string, ...types: string[]): ((...args: unknown[]) => Promise<void>) => {
    const call = promisify(define(name, ...types).async) as (...args: unknown[]) => Promise<number>;
    return async (...args) => check(name, await call(...args));
  };
  const P = 'void *';
  const allReduce = collective('MPI_Allreduce', P, P, 'int', handle, handle, handle);
  const allGather = collective('MPI_Allgather', P, 'int', handle, P, 'int', handle, handle);
  const allToAll = collective('MPI_Alltoall', P, 'int', handle, P, 'int', handle, handle);
  const broadcast = collective('MPI_Bcast', P, 'int', handle, 'int', handle);
  const abort = collective('MPI_Abort', handle, 'int');
  const finalize = define('MPI_Finalize');
  return {
    flavour,
    rank,
    size,
    version: versionOf(textOf(LONGEST_VERSION, getVersion)),
    allReduce: (values, type) => allReduce(inPlace as Buffer, values, values.length, type, sum, world),
    allGather: (own, all, count, type) => allGather(own, count, type, all, count, type, world),
    allToAll: (own, all, count, type) => allToAll(own, count, type, all, count, type, world),
    broadcast: (values, type, root) => broadcast(values, values.length, type, root, world),
    abort: (code) => abort(world, code),
    finalize: () => check('MPI_Finalize', finalize()),
  };
}

/** A call that the library refused, e.g. because another process is gone. */
export class MpiError extends Error {
  override readonly name = 'MpiError';

  constructor(call: string, reason: string) {
    super(`${call}: ${reason}`);
  }
}

/** The text that a C function writes into a buffer. */
function textOf(longest: number, write: (text: Uint8Array, length: number[]) => number): string {
  const [text, length] = [new Uint8Array(longest), [0]];
  write(text, length);
  return new TextDecoder().decode(text.subarray(0, length[0])).replaceAll('\0', '').trim();
}

/** "Open MPI v4.1.4, package: Debian …" and "MPICH Version:\t4.0.2\n…" as name and number. */
export function versionOf(text: string): string {
  const [first] = text.split('\n');
  const found = /^(.*?)[\s,:]*(?:library )?(?:version)?[\s:v]*(\d+(?:\.\w+)+)/i.exec(first);
  return found ? `${found[1]} ${found[2]}` : first.slice(0, 60);
}
