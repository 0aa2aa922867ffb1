import { expect, test } from 'vitest';
import { singleCluster } from './cluster.js';

test('one process is a cluster that changes nothing and waits for nothing', async () => {
  const cluster = singleCluster();
  const values = Float32Array.of(1, -2, Infinity);
  await cluster.allReduce(values, { ordered: true });
  await cluster.broadcast(values);
  await cluster.barrier();
  await cluster.close();
  expect([cluster.rank, cluster.size, ...values]).toEqual([0, 1, 1, -2, Infinity]);
  await expect(cluster.broadcast(values, 1)).rejects.toThrow(/no rank 1/);
});
