/** Which rank of how many a process is, by what each launcher sets. */
import { open } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { requireConnection } from './connection.js';
import { launchOf, rankOf, startedTogether, startedWithOthers } from './launch.js';
import { candidates } from './library.js';

/** What `srun` sets in every task, inside an allocation of 16. */
const SRUN = {
  SLURM_JOB_ID: '4711',
  SLURM_STEP_ID: '0',
  SLURM_PROCID: '3',
  SLURM_NTASKS: '8',
  SLURM_STEP_NUM_TASKS: '8',
  SLURM_NODEID: '1',
};

test.each<[string, Record<string, string>, ReturnType<typeof launchOf>]>([
  ['a process by itself', { PATH: '/usr/bin' }, undefined],
  [
    "Open MPI's mpirun",
    { OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '4', PMIX_RANK: '1' },
    { rank: 1, size: 4, protocol: 'open-mpi' },
  ],
  ["MPICH's mpirun", { PMI_RANK: '0', PMI_SIZE: '2', PMI_FD: '6' }, { rank: 0, size: 2, protocol: 'pmi' }],
  ['srun --mpi=pmix', { ...SRUN, PMIX_RANK: '3' }, { rank: 3, size: 8, protocol: 'slurm' }],
  ['srun --mpi=pmi2', { ...SRUN, PMI_FD: '17', PMI_RANK: '3', PMI_SIZE: '8' }, { rank: 3, size: 8, protocol: 'pmi' }],
  [
    "a step of fewer tasks than the allocation's",
    { ...SRUN, SLURM_PROCID: '1', SLURM_NTASKS: '16', SLURM_STEP_NUM_TASKS: '2', PMIX_RANK: '1' },
    { rank: 1, size: 2, protocol: 'slurm' },
  ],
  [
    'an srun that does not set the tasks of the step',
    { SLURM_PROCID: '0', SLURM_NTASKS: '2', PMIX_RANK: '0' },
    { rank: 0, size: 2, protocol: 'slurm' },
  ],
  ['srun --mpi=none', SRUN, undefined],
  ['a batch script outside srun', { SLURM_JOB_ID: '1', SLURM_PROCID: '0', SLURM_NTASKS: '8' }, undefined],
  [
    'mpirun inside sbatch',
    { ...SRUN, OMPI_COMM_WORLD_RANK: '5', OMPI_COMM_WORLD_SIZE: '6' },
    { rank: 5, size: 6, protocol: 'open-mpi' },
  ],
  ['numbers that are none', { PMI_RANK: 'x', PMI_SIZE: '2' }, undefined],
])('%s', (_, environment, launch) => {
  expect(launchOf(environment)).toEqual(launch);
  if (launch) expect(rankOf(environment)).toBe(launch.rank);
});

test("the launcher's own family of libraries is looked for first", () => {
  expect(candidates(launchOf({ PMI_RANK: '0', PMI_SIZE: '2' }))[0]).toContain('mpich');
  expect(candidates(launchOf({ ...SRUN, PMIX_RANK: '3' }))[0]).toBe('libmpi.so.40');
});

test.each<[string, Record<string, string>, number | undefined, boolean, RegExp | undefined]>([
  ['a process by itself', {}, undefined, false, undefined],
  [
    'a batch script of several tasks',
    { SLURM_JOB_ID: '1', SLURM_PROCID: '0', SLURM_NTASKS: '8' },
    undefined,
    false,
    undefined,
  ],
  ['srun of one task', { ...SRUN, SLURM_STEP_NUM_TASKS: '1' }, undefined, false, undefined],
  ['srun without MPI', SRUN, 8, false, /srun has started 8 processes, but has not connected them/],
  ['srun --mpi=pmix', { ...SRUN, PMIX_RANK: '3' }, 8, false, undefined],
  ['srun --mpi=pmi2', { ...SRUN, PMI_FD: '17', PMI_RANK: '3', PMI_SIZE: '8' }, 8, true, undefined],
  [
    'srun --mpi=pmi2 npx',
    { ...SRUN, PMI_FD: '17', PMI_RANK: '3', PMI_SIZE: '8' },
    8,
    false,
    /such as npx, has closed it/,
  ],
  ["MPICH's mpirun npx", { PMI_RANK: '0', PMI_SIZE: '2', PMI_FD: '6' }, 2, false, /such as npx, has closed it/],
  ['a launcher with a port', { PMI_RANK: '0', PMI_SIZE: '2', PMI_PORT: 'host:1' }, 2, false, undefined],
  [
    "Open MPI's mpirun in a step",
    { ...SRUN, OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '2' },
    2,
    false,
    undefined,
  ],
])('who cannot reach the others is told: %s', (_, environment, size, isSocket, error) => {
  expect(startedTogether(environment)).toBe(size);
  expect(startedWithOthers(environment)).toBe((size ?? 1) > 1);
  const required = (): void => requireConnection(environment, () => isSocket);
  if (error) expect(required).toThrow(error);
  else expect(required).not.toThrow();
});

test('which of them tells that they cannot reach each other', () => {
  expect(rankOf(SRUN)).toBe(3);
  expect(rankOf({ PMI_RANK: '2', PMI_SIZE: '4', PMI_FD: '6' })).toBe(2);
  expect(rankOf({})).toBe(0);
});

test('a descriptor that is no socket is none of the launcher', async () => {
  const file = await open(import.meta.filename);
  const environment = { PMI_RANK: '0', PMI_SIZE: '2', PMI_FD: String(file.fd) };
  expect(() => requireConnection(environment)).toThrow(/has closed it/);
  await file.close();
  expect(() => requireConnection({ ...environment, PMI_FD: '99999' })).toThrow(/has closed it/);
});
