/**
 * What the launcher tells a process in its environment: how many processes were started, which one this is, and how it
 * reaches the others.
 */
import { FacewrightError } from '@facewright/core';
import { fstatSync } from 'node:fs';

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

/** Throws if this process was started with others, but cannot reach them: each would train by itself. */
export function requireConnection(environment: Environment, isSocket = openSocket): void {
  const launch = launchOf(environment);
  const where = 'cluster "mpi"';
  const size = startedTogether(environment);
  if (!launch && size !== undefined)
    throw new FacewrightError({
      what: `srun has started ${size} processes, but has not connected them.`,
      where,
      todo: 'Start them with srun --mpi=pmix (Open MPI) or --mpi=pmi2 (MPICH). For trainings that are independent of one another, set cluster: "single".',
    });
  // MPI would write to whatever file has this number now, such as one of Node's own, and crash
  const descriptor = wholeNumber(environment.PMI_FD);
  if (launch?.protocol !== 'pmi' || descriptor === undefined || isSocket(descriptor)) return;
  throw new FacewrightError({
    what: "The launcher's connection does not reach this process: a program between them, such as npx, has closed it.",
    where: `${where}, PMI_FD ${descriptor}`,
    todo: 'Start facewright without npx: mpirun -n 4 node_modules/.bin/facewright train … (with Slurm: srun --mpi=pmi2).',
  });
}

function openSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket();
  } catch {
    return false;
  }
}

const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
