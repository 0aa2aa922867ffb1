/** Several processes that train one model. Each has a rank. They sum their gradients between the two halves of a step. */

/** What is summed or sent: numbers in the memory of this process, changed in place. */
export type ClusterArray = Float32Array | Float64Array | Int32Array;

/** One process's place among all, and what they do together. Every call but `abort` must be made by all ranks, in the same order. */
export interface Cluster {
  /** This process, from 0. Rank 0 writes events, checkpoints and the model. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
  /** For people, e.g. "Open MPI 4.1.6, rank 1 of 4". */
  readonly device: string;
  /**
   * Puts the sum over all ranks in the place of each rank's numbers. All ranks get the same bits. With `ordered` the numbers are added in the order of
   * the ranks, so that the sum depends on their count alone. Rejects where the ranks' arrays differ in length or type, or a rank is gone.
   */
  allReduce(values: ClusterArray, options?: { readonly ordered?: boolean }): Promise<void>;
  /** Puts the numbers of the rank `root` in the place of everybody's. */
  broadcast(values: ClusterArray, root?: number): Promise<void>;
  /** Resolves once every rank has come here. */
  barrier(): Promise<void>;
  /** Ends every rank, e.g. after an error in this one; the others end with an error that gives the reason. */
  abort(reason: string): Promise<void>;
  /** Leaves; no call follows. */
  close(): Promise<void>;
}

/** The cluster of one process, which most trainings are: nothing is sent, nothing is waited for. */
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
