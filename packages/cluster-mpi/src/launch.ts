/** What the launcher tells a process in its environment: how many processes were started, and which one this is. */

export interface Launch {
  readonly rank: number;
  readonly size: number;
  /** The launcher's protocol, which hints at the MPI library: Open MPI's own, or PMI, which MPICH and its relatives use. */
  readonly protocol: 'open-mpi' | 'pmi' | 'slurm';
}

type Environment = Readonly<Record<string, string | undefined>>;

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

const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
