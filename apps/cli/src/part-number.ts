/** `--part`: which part of a preparation to do, given outright or by the job system's environment. */
import { FacewrightError } from '@facewright/core';
import type { PartNumber } from '@facewright/preprocess';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `3/20`, `auto/20` or `auto`. `auto` takes the number from a Kubernetes indexed Job (`JOB_COMPLETION_INDEX`, from 0) or a
 * Slurm array (`SLURM_ARRAY_TASK_ID`). Only Slurm also says how many there are. Throws a `FacewrightError`.
 */
export function partNumber(text: string, env: Environment = process.env): PartNumber {
  const [, which, total] = /^(\d{1,6}|auto)(?:\/(\d{1,6}))?$/.exec(text.trim()) ?? [];
  const of = total === undefined ? undefined : Number(total);
  if (which === undefined || (which !== 'auto' && of === undefined))
    throw wrong(`--part is "${text}", which is not a part.`, EXAMPLES);
  if (which !== 'auto') return checked(Number(which), of!, '--part');
  if (env.JOB_COMPLETION_INDEX !== undefined) return partOfJob(env, of);
  if (env.SLURM_ARRAY_TASK_ID !== undefined) return partOfArray(env, of);
  throw wrong(
    `--part is "${text}", but neither JOB_COMPLETION_INDEX nor SLURM_ARRAY_TASK_ID is set.`,
    'Start it as an indexed Job of Kubernetes or an array of Slurm, or give the part outright, e.g. --part 3/20.',
  );
}

const EXAMPLES = 'Use --part 3/20 for the third of twenty parts, or --part auto/20 in a job array.';

const wrong = (what: string, todo: string): FacewrightError =>
  new FacewrightError({ what, where: 'the command line', todo });

function checked(number: number, of: number, from: string): PartNumber {
  if (number >= 1 && number <= of) return { number, of };
  throw wrong(`${from} asks for part ${number} of ${of}, but parts are numbered from 1 to their number.`, EXAMPLES);
}

function integer(env: Environment, name: string): number {
  const text = env[name] ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw wrong(`${name} is "${text}", but should be an integer.`, 'Give the part outright, e.g. --part 3/20.');
}

function partOfJob(env: Environment, of: number | undefined): PartNumber {
  const number = integer(env, 'JOB_COMPLETION_INDEX') + 1;
  if (of === undefined)
    throw wrong(
      'JOB_COMPLETION_INDEX is set, but not how many parts there are.',
      'Add the number of completions of the Job, e.g. --part auto/20.',
    );
  return checked(number, of, 'JOB_COMPLETION_INDEX');
}

/** The ids of an array may begin anywhere, but have to follow each other. */
function partOfArray(env: Environment, of: number | undefined): PartNumber {
  const [id, count, first] = ['ID', 'COUNT', 'MIN'].map((name) => integer(env, `SLURM_ARRAY_TASK_${name}`));
  const last = env.SLURM_ARRAY_TASK_MAX === undefined ? first + count - 1 : integer(env, 'SLURM_ARRAY_TASK_MAX');
  // after a failure a few tasks are often submitted again: counted anew, they would be other parts
  if (last - first + 1 !== count || count !== (of ?? count) || count === 1)
    throw wrong(
      `The Slurm array has ${count} ${count === 1 ? 'task' : 'tasks'} from ${first} to ${last}, which does not say which part${of === undefined ? '' : ` of ${of}`} this is.`,
      'Number the array from 1, and give the part outright: --part $SLURM_ARRAY_TASK_ID/20 for twenty parts.',
    );
  return checked(id - first + 1, count, 'SLURM_ARRAY_TASK_ID');
}
