/** Which part `--part` means: given outright, in a Kubernetes Job, and in a Slurm array. */
import { expect, test } from 'vitest';
import { partNumber } from './part-number.js';

const slurm = (id: number, count: number, min: number, max = min + count - 1) => ({
  SLURM_ARRAY_TASK_ID: String(id),
  SLURM_ARRAY_TASK_COUNT: String(count),
  SLURM_ARRAY_TASK_MIN: String(min),
  SLURM_ARRAY_TASK_MAX: String(max),
});

test.each([
  ['3/20', {}, 3, 20],
  ['1/1', {}, 1, 1],
  ['20/20', slurm(4, 20, 1), 20, 20],
  ['auto/20', { JOB_COMPLETION_INDEX: '0' }, 1, 20],
  ['auto/20', { JOB_COMPLETION_INDEX: '19' }, 20, 20],
  ['auto', slurm(1, 20, 1), 1, 20],
  ['auto/20', slurm(0, 20, 0), 1, 20],
  ['auto', slurm(107, 8, 100), 8, 8],
  ['auto', { ...slurm(2, 3, 1), SLURM_ARRAY_TASK_MAX: undefined }, 2, 3],
])('--part %s with %o', (text, env, number, of) => {
  expect(partNumber(text, env)).toEqual({ number, of });
});

test.each([
  ['3', {}, /"3", which is not a part/],
  ['three/20', {}, /not a part/],
  ['3/20/4', {}, /not a part/],
  ['-1/20', {}, /not a part/],
  ['0/20', {}, /part 0 of 20, but parts are numbered from 1/],
  ['21/20', {}, /part 21 of 20/],
  ['auto', {}, /neither JOB_COMPLETION_INDEX nor SLURM_ARRAY_TASK_ID is set/],
  ['auto', { JOB_COMPLETION_INDEX: '3' }, /how many parts there are[^]*auto\/20/],
  ['auto/20', { JOB_COMPLETION_INDEX: '20' }, /part 21 of 20/],
  ['auto/20', { JOB_COMPLETION_INDEX: 'x' }, /JOB_COMPLETION_INDEX is "x"/],
  ['auto', { SLURM_ARRAY_TASK_ID: '3' }, /SLURM_ARRAY_TASK_COUNT is ""/],
  // one task of twenty, submitted again
  ['auto', slurm(7, 1, 7), /1 task from 7 to 7, which does not say which part this is/],
  ['auto/20', slurm(7, 1, 7), /does not say which part of 20 this is/],
  ['auto/20', slurm(7, 2, 7), /2 tasks from 7 to 8/],
  ['auto', slurm(7, 3, 1, 9), /3 tasks from 1 to 9/],
])('--part %s with %o is refused', (text, env, message) => {
  expect(() => partNumber(text, env)).toThrow(message);
});
