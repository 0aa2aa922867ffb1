/** Whether a process that a launcher started with others can reach them. */
import { FacewrightError } from '@facewright/core';
import { fstatSync } from 'node:fs';
import { launchOf, startedTogether, wholeNumber, type Environment } from './launch.js';

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
