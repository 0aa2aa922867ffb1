/** Clusters that are wrong in one way each. */
import { definePlugin, type Cluster, type ClusterAvailability } from '@facewright/core';
import { localClusters, testCluster } from '@facewright/testkit';
import { meta, options } from './shared.js';

const RANKS = 3;

/** `change` may replace any member of a rank; the others are those of a good one. */
const cluster = (
  name: string,
  change: (good: Cluster, all: readonly Cluster[]) => Partial<Cluster>,
  probed: ClusterAvailability = { usable: true, device: 'this process' },
) =>
  testCluster(
    definePlugin({
      meta: meta('cluster', name),
      options,
      create: () => ({ probe: async () => probed, open: async () => localClusters(1)[0] }),
    })(),
    {
      open: async () => {
        const good = localClusters(RANKS);
        return good.map((each) => ({ ...each, ...change(each, good) }));
      },
    },
  );

cluster('does-not-say-why', () => ({}), { usable: false });
cluster('counts-from-one', ({ rank }) => ({ rank: rank + 1 }));
cluster('adds-twice', ({ allReduce, rank }) => ({
  async allReduce(values, given) {
    if (rank === 1) for (let i = 0; i < values.length; i++) values[i] *= 2;
    await allReduce(values, given);
  },
}));
cluster('other-bits-on-one-rank', ({ allReduce, rank }) => ({
  async allReduce(values, given) {
    await allReduce(values, given);
    if (rank === 2 && !given?.ordered && values.length > 900) values[900] = Math.fround(values[900] * (1 + 1e-7));
  },
}));
cluster('in-any-order', ({ allReduce, rank }) => ({
  async allReduce(values, given) {
    if (!given?.ordered || !(values instanceof Float32Array)) return allReduce(values, given);
    // the numbers of the last two ranks are added first
    const zeros = new Float32Array(values.length);
    const [first, others] = rank === 0 ? [values.slice(), zeros] : [zeros, values.slice()];
    await allReduce(others);
    await allReduce(first);
    for (let i = 0; i < values.length; i++) values[i] = first[i] + others[i];
  },
}));
cluster('whole-buffers', ({ allReduce }) => ({
  allReduce: async (values, given) => {
    await allReduce(values, given);
    new Uint8Array(values.buffer).fill(0, 0, values.byteOffset);
  },
}));
cluster('always-from-the-first', ({ broadcast }) => ({
  broadcast: async (values, root = 0) => (root < RANKS ? broadcast(values, 0) : broadcast(values, root)),
}));
cluster('does-not-wait', () => ({ barrier: async () => {} }));
cluster('overtakes', ({ allReduce, rank }) => {
  let last: Promise<void> | undefined;
  return {
    // one rank lets a call of a single number go after the next
    async allReduce(values, given) {
      if (values.length === 1 && rank === 1 && !last) {
        last = new Promise((resolve) => setTimeout(resolve, 5));
        await last;
      }
      await allReduce(values, given);
    },
  };
});
cluster('takes-what-does-not-fit', ({ allReduce }) => ({
  allReduce: async (values, given) => {
    const fits = values.length === 3 || (values instanceof Float64Array && values.length === 2);
    await allReduce(fits ? new Float32Array(2) : values, given);
  },
}));
cluster('keeps-the-reason', ({ abort }) => ({ abort: () => abort('something went wrong') }));
cluster('cannot-be-left-twice', ({ close }) => {
  let left = false;
  return {
    async close() {
      if (left) throw new Error('left before');
      left = true;
      await close();
    },
  };
});
