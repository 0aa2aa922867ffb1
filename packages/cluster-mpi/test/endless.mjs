// A rank that sums until it cannot, and says so: started by mpirun, on hosts that lose each other.
import { hostname } from 'node:os';
import { createRunContainer, pluginContext } from '@facewright/core';
import { mpi } from '@facewright/cluster-mpi';

const provider = await mpi({ heartbeat: 1 }).create(pluginContext(createRunContainer(), 'test'));
const cluster = await provider.open();
const values = new Float32Array(1000).fill(1);
try {
  for (let sums = 0; ; sums++) {
    await cluster.allReduce(values.fill(1));
    if (sums === 1) console.log(`rank ${cluster.rank} on ${hostname()} sums`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
} catch (error) {
  console.log(`rank ${cluster.rank}: ${error.message}`);
  process.exitCode = 1;
  await cluster.close();
}
