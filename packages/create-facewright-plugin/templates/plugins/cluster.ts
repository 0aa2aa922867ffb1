/** Joins the processes that train together. */
import { definePlugin, singleCluster, type Cluster, type ClusterProvider } from '@facewright/core';
import { z } from 'zod';
import { VERSION } from './version.js';

const DEVICE = 'this process';

export const myPlugin = definePlugin({
  meta: {
    name: 'my-plugin',
    kind: 'cluster',
    version: VERSION,
    apiVersion: 1,
    description: 'processes that train together',
  },
  options: z.strictObject({}),
  create: (): ClusterProvider => ({
    // Change first: whether it works on this machine; and `processes`, if your launcher has started several.
    probe: async () => ({ usable: true, device: DEVICE }),
    // Then this: connect to the other processes. Until then each process is alone, and nothing has to be sent.
    open: async (): Promise<Cluster> => ({ ...singleCluster(), device: DEVICE }),
  }),
});
export default myPlugin;
