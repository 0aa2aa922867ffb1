/** The plugin `single`: this process by itself. */
import { definePlugin, singleCluster, type ClusterProvider } from '@facewright/core';
import { z } from 'zod';
import { VERSION } from '../version.js';

export const single = definePlugin({
  meta: {
    name: 'single',
    kind: 'cluster',
    version: VERSION,
    apiVersion: 1,
    description: 'this process by itself, however it was started',
  },
  options: z.strictObject({
    ordered: z
      .boolean()
      .default(false)
      .describe('compute each step as several processes do that add in a fixed order, for the same bits as theirs'),
  }),
  create: ({ ordered }): ClusterProvider => ({
    probe: async () => ({ usable: true, device: singleCluster().device }),
    open: async () => ({ ...singleCluster(), ordered }),
  }),
});

declare module '@facewright/core' {
  interface ClusterPlugins {
    single: typeof single;
  }
}
