/**
 * What the launcher tells a process in its environment: how many processes were started, and which one this is. Imports
 * nothing, because the command line asks before it loads anything.
 */

export interface Launch {
  readonly rank: number;
  readonly size: number;
  /** The launcher's protocol, which hints at the MPI library: Open MPI's own, or PMI, which MPICH and its relatives use. */
  readonly protocol: 'open-mpi' | 'pmi' | 'slurm';
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Undefined if the process was started by itself. `srun` sets SLURM_NTASKS for every step, so a step of one counts too. */
export function launchOf(environment: Environment): Launch | undefined {
  const pair = (rank: string, size: string): Pick<Launch, 'rank' | 'size'> | undefined => {
    const [first, second] = [wholeNumber(environment[rank]), wholeNumber(environment[size])];
    return first === undefined || second === undefined ? undefined : { rank: first, size: second };
  };
  const openMpi = pair('OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_SIZE');
  if (openMpi) return { ...openMpi, protocol: 'open-mpi' };
  const pmi = pair('PMI_RANK', 'PMI_SIZE');
  if (pmi) return { ...pmi, protocol: 'pmi' };
  // inside sbatch, but outside srun, there is no step and so no MPI
  const step = environment.PMIX_RANK ?? environment.PMI_FD;
  const slurm = step
    ? (pair('SLURM_PROCID', 'SLURM_STEP_NUM_TASKS') ?? pair('SLURM_PROCID', 'SLURM_NTASKS'))
    : undefined;
  return slurm && { ...slurm, protocol: 'slurm' };
}

/**
 * The number of processes started together: by a launcher that connects them, or by `srun` without MPI, which its
 * environment does not tell from a step of independent programs. Undefined if this process was started by itself.
 */
export function startedTogether(environment: Environment): number | undefined {
  const launch = launchOf(environment);
  if (launch) return launch.size;
  const tasks = wholeNumber(environment.SLURM_STEP_NUM_TASKS) ?? 1;
  return tasks > 1 ? tasks : undefined;
}

/** This process among those started together, from 0, as far as its environment tells. */
export const rankOf = (environment: Environment): number =>
  launchOf(environment)?.rank ?? wholeNumber(environment.SLURM_PROCID) ?? 0;

/** Whether this process is one of several. */
export const startedWithOthers = (environment: Environment): boolean => (startedTogether(environment) ?? 1) > 1;

/** Undefined if it is missing or not a whole number. */
export const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
