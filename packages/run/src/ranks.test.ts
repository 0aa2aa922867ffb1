/** An error of several processes is told once, if they meet, or if all of them have it. */
import {
  createEventStream,
  definePlugin,
  isToldElsewhere,
  parseRunConfig,
  singleCluster,
  type Cluster,
  type ClusterAvailability,
  type PluginFactory,
} from '@facewright/core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { joinCluster } from './composition/clusters.js';
import { failTogether } from './ranks.js';

const OTHERS = { usable: true, processes: 2 };
const cluster = (name: string, availability: ClusterAvailability, rank = 0, aborted: string[] = []): PluginFactory =>
  definePlugin({
    meta: { name, kind: 'cluster', version: '1.0.0', apiVersion: 1 },
    options: z.strictObject({ library: z.string().optional() }),
    create: () => ({
      probe: async () => availability,
      open: async (): Promise<Cluster> => ({
        ...singleCluster(),
        rank,
        size: 2,
        abort: async (reason) => void aborted.push(reason),
      }),
    }),
  }) as unknown as PluginFactory;
const builtins = (...plugins: PluginFactory[]) => [{ name: 'test', plugins }];

test.each(['meat', { name: 'meet', libary: 'x' }, { name: 'closed' }])(
  'processes that cannot meet in the cluster %j of their config meet in the default one',
  async (wrong) => {
    for (const rank of [0, 1]) {
      const aborted: string[] = [];
      const known = builtins(cluster('meet', OTHERS, rank, aborted), cluster('closed', { usable: false }));
      const error = new Error('a wrong cluster');
      await expect(failTogether(error, known, wrong)).rejects.toBe(error);
      expect(aborted).toEqual(['a wrong cluster']);
      expect(isToldElsewhere(error)).toBe(rank > 0);
    }
  },
);

test('if they cannot meet at all, each tells its own error', async () => {
  const error = new Error('no library');
  await expect(failTogether(error, builtins(cluster('closed', { usable: false })), 'closed')).rejects.toBe(error);
  expect(isToldElsewhere(error)).toBe(false);
});

test.each([
  [undefined, false],
  [0, false],
  [1, true],
])('a cluster that does not work for any of them is told by the first: rank %s', async (rankOfAll, elsewhere) => {
  const unusable = { usable: false, reason: 'npx', ...(rankOfAll !== undefined && { rankOfAll }) };
  const error = await joinCluster(parseRunConfig({ cluster: 'closed' }, 'test'), {
    builtins: builtins(cluster('closed', unusable)),
    events: createEventStream(),
    signal: new AbortController().signal,
    baseDirectory: '.',
    where: 'test',
    plugins: [],
  }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ what: 'The cluster "closed" does not work here: npx' });
  expect(isToldElsewhere(error)).toBe(elsewhere);
});
