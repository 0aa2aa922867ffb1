/**
 * The constants that a C program gets from `mpi.h`. Every MPI library has its own: Open MPI's are the addresses of
 * objects in the library, MPICH's and those of its relatives (Intel MPI, MVAPICH, Cray) are integers, and the standard
 * ABI of MPI 5.0 has small pointers (chapter 20 of the standard).
 */
import type { ClusterArray } from '@facewright/core';

/** A handle or an address as koffi passes it. */
export type Handle = bigint | number;

export interface Flavour {
  readonly name: 'Open MPI' | 'MPICH' | 'MPI ABI';
  /** The C type of a handle. */
  readonly handle: 'void *' | 'int';
  readonly world: Handle;
  readonly sum: Handle;
  readonly errorsReturn: Handle;
  readonly byte: Handle;
  readonly float: Handle;
  readonly double: Handle;
  readonly int: Handle;
  /** The address that stands for "the receive buffer holds what is sent". */
  readonly inPlace: bigint;
}

/** Looks up the address of an object in the library; undefined if there is none of this name. */
export type FindSymbol = (name: string) => Handle | undefined;

const MPICH: Flavour = {
  name: 'MPICH',
  handle: 'int',
  world: 0x44000000,
  sum: 0x58000003,
  errorsReturn: 0x54000001,
  byte: 0x4c00010d,
  float: 0x4c00040a,
  double: 0x4c00080b,
  int: 0x4c000405,
  inPlace: 0xffffffffffffffffn,
};

const ABI: Flavour = {
  name: 'MPI ABI',
  handle: 'void *',
  world: 0x101n,
  sum: 0x21n,
  errorsReturn: 0x142n,
  byte: 0x247n,
  float: 0x210n,
  double: 0x214n,
  int: 0x209n,
  inPlace: 1n,
};

/** The name that the standard gives to a library with its ABI. */
const ABI_NAME = /(^|[/\\])libmpi_abi\b[^/\\]*$/;

/** Tells a library's flavour by its file's name and its symbols; undefined if it is none of the three. */
export function flavourOf(path: string, find: FindSymbol): Flavour | undefined {
  // such a library may have its maker's symbols too, but takes the handles of the standard
  if (ABI_NAME.test(path)) return ABI;
  const world = find('ompi_mpi_comm_world');
  if (world !== undefined) return openMpi(world, find);
  // a function of MPICH's own, which its relatives keep
  return find('MPIR_Err_create_code') !== undefined ? MPICH : undefined;
}

function openMpi(world: Handle, find: FindSymbol): Flavour {
  const symbol = (name: string): Handle => {
    const found = find(name);
    if (found === undefined) throw new Error(`the library has no ${name}`);
    return found;
  };
  return {
    name: 'Open MPI',
    handle: 'void *',
    world,
    sum: symbol('ompi_mpi_op_sum'),
    errorsReturn: symbol('ompi_mpi_errors_return'),
    byte: symbol('ompi_mpi_byte'),
    float: symbol('ompi_mpi_float'),
    double: symbol('ompi_mpi_double'),
    int: symbol('ompi_mpi_int'),
    inPlace: 1n,
  };
}

/** The datatype of an array's numbers. */
export function datatypeOf(values: ClusterArray, flavour: Flavour): Handle {
  if (values instanceof Float32Array) return flavour.float;
  return values instanceof Float64Array ? flavour.double : flavour.int;
}
