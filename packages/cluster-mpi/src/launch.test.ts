/** Which rank of how many a process is, by what each launcher sets. */
import { expect, test } from 'vitest';
import { launchOf } from './launch.js';
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
});

test("the launcher's own family of libraries is looked for first", () => {
  expect(candidates(launchOf({ PMI_RANK: '0', PMI_SIZE: '2' }))[0]).toContain('mpich');
  expect(candidates(launchOf({ ...SRUN, PMIX_RANK: '3' }))[0]).toBe('libmpi.so.40');
});
