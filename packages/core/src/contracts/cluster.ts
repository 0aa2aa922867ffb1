/**
 * Several processes that train one model together. Each has a rank. They sum their gradients between the two halves of
 * a step.
 */

import type { Availability } from './backend.js';

/** Data to sum or send: an array in this process, modified in place. */
export type ClusterArray = Float32Array | Float64Array | Int32Array;

/**
 * This process's place in the cluster, and the collective operations. All ranks must make every call except `abort`, in
 * the same order.
 */
export interface Cluster {
  /** This process, from 0. Rank 0 writes events, checkpoints and the model. */
  readonly rank: number;
  /** Number of ranks. */
  readonly size: number;
  /** In words, e.g. "Open MPI 4.1.6, rank 1 of 4". */
  readonly device: string;
  /** The user wants gradients added in rank order. Default: whatever order is fastest. */
  readonly ordered?: boolean;
  /**
   * Replaces each rank's array with the sum over all ranks; all ranks get identical bits. With `ordered`, values are
   * added in rank order, so the result depends only on the number of ranks. Rejects if array lengths or types differ
   * between ranks, or if a rank is gone.
   */
  allReduce(values: ClusterArray, options?: { readonly ordered?: boolean }): Promise<void>;
  /** Replaces every rank's array with that of rank `root`. */
  broadcast(values: ClusterArray, root?: number): Promise<void>;
  /** Resolves once every rank has called it. */
  barrier(): Promise<void>;
  /**
   * Ends all ranks, e.g. after an error in this one. At their next call the others fail with an error that gives the
   * reason; resolves once they know it. After a call that failed on all ranks it does nothing; rejects if the others
   * cannot be reached.
   */
  abort(reason: string): Promise<void>;
  /** Leaves the cluster, together with all ranks, or after a call that failed. No call may follow. */
  close(): Promise<void>;
}

/** Answers “can this process join others, and was it started as one of several?”. */
export interface ClusterAvailability extends Availability {
  /** Number of processes that a launcher such as mpirun has started. Missing if this process was started by itself. */
  readonly processes?: number;
  /**
   * This process's rank, if the reason lies in how all of them were started, and so is the same for all. They cannot
   * meet, and rank 0 alone reports it.
   */
  readonly rankOfAll?: number;
}

/** A way to join other processes. */
export interface ClusterProvider {
  /** Cheap. Never throws, and waits for nobody. */
  probe(): Promise<ClusterAvailability>;
  /** Waits for the other processes. */
  open(): Promise<Cluster>;
}

/** A cluster of one process, the usual case: nothing is sent and nothing waits. */
export const singleCluster = (): Cluster => ({
  rank: 0,
  size: 1,
  device: 'one process',
  allReduce: async () => {},
  broadcast: async (_values, root = 0) => {
    if (root !== 0) throw new RangeError(`there is no rank ${root}: this is the only process`);
  },
  barrier: async () => {},
  abort: async () => {},
  close: async () => {},
});
