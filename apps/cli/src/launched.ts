/** Whether mpirun or srun started this process with others. Loads nothing: a path that does not exist is told at once. */

/** What Open MPI, PMI (MPICH and its relatives) and Slurm call the number of processes. */
const SIZES = ['OMPI_COMM_WORLD_SIZE', 'PMI_SIZE', 'SLURM_NTASKS'];

export const launchedWithOthers = (environment: NodeJS.ProcessEnv = process.env): boolean =>
  SIZES.some((name) => Number(environment[name]) > 1);
