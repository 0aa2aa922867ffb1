/** The plugin `mpi`: several processes that mpirun or srun started, on one machine or on many. */
import {
  definePlugin,
  FacewrightError,
  messageOf,
  type Cluster,
  type ClusterAvailability,
  type ClusterProvider,
  type Emit,
} from '@facewright/core';
import { z } from 'zod';
import { startMpi, type MpiCalls } from './calls.js';
import { requireConnection } from './connection.js';
import { launchOf, rankOf, startedTogether } from './launch.js';
import { openLibrary } from './library.js';
import { MpiCluster, type MpiClusterOptions } from './mpi-cluster.js';
import { VERSION } from './version.js';

const options = z.strictObject({
  library: z
    .string()
    .min(1)
    .optional()
    .describe("the MPI library's file or name; default: that of the launcher, e.g. libmpi.so.40 or libmpich.so.12"),
  ordered: z
    .boolean()
    .default(false)
    .describe(
      'add gradients in a fixed order: with the same parts of a batch, any number of processes gives the same bits',
    ),
  timeout: z
    .number()
    .positive()
    .default(1800)
    .describe('seconds that a process waits for the others before it ends with an error'),
  heartbeat: z
    .number()
    .min(0)
    .default(10)
    .describe(
      'seconds without a sign of life after which a process counts as lost, which ends the others; 0: nobody is watched',
    ),
});

/** MPI can only be started once in a process. */
let started: Promise<MpiCalls> | undefined;

async function open({ library, ...rest }: z.output<typeof options>, emit: Emit): Promise<Cluster> {
  if (started)
    throw new FacewrightError({
      what: 'This process has joined its MPI cluster before, and MPI cannot be started twice.',
      where: 'cluster "mpi"',
      todo: 'Start one run in a process.',
    });
  requireConnection(process.env);
  started = openLibrary(library).then((found) => {
    const calls = startMpi(found);
    requireAll(calls, found.path);
    return calls;
  });
  return MpiCluster.join(await started, { ...rest, emit } satisfies MpiClusterOptions);
}

/** With a library that does not belong to the launcher, every process would be alone, and train by itself. */
function requireAll({ size, version }: MpiCalls, path: string): void {
  const launch = launchOf(process.env);
  if (!launch || launch.size === size) return;
  throw new FacewrightError({
    what: `The launcher started ${launch.size} processes, but ${version} sees ${size}: it is not the library of this launcher.`,
    where: path,
    todo: 'Start with the mpirun of the same MPI (with Slurm: srun --mpi=pmix or --mpi=pmi2), or name its library: cluster: { name: "mpi", library: "/path/to/libmpi.so" }.',
  });
}

function unusable(error: unknown): ClusterAvailability {
  const known = error instanceof FacewrightError ? error : undefined;
  return {
    usable: false,
    reason: known?.what ?? messageOf(error),
    ...(known?.todo !== undefined && { remedy: known.todo }),
  };
}

export const mpi = definePlugin({
  meta: {
    name: 'mpi',
    kind: 'cluster',
    version: VERSION,
    apiVersion: 1,
    description: 'the processes that mpirun or srun started: Open MPI, MPICH, or a library with the ABI of MPI 5',
  },
  options,
  create: (options, { emit }): ClusterProvider => ({
    async probe() {
      const processes = startedTogether(process.env);
      const started = processes !== undefined && { processes };
      try {
        requireConnection(process.env);
      } catch (error) {
        // the launcher starts all of them in the same way
        return { ...unusable(error), ...started, rankOfAll: rankOf(process.env) };
      }
      try {
        const { path, flavour } = await openLibrary(options.library);
        return { usable: true, device: `${flavour.name} (${path})`, ...started };
      } catch (error) {
        return { ...unusable(error), ...started };
      }
    },
    open: () => open(options, emit),
  }),
});

declare module '@facewright/core' {
  interface ClusterPlugins {
    mpi: typeof mpi;
  }
}
