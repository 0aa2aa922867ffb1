/**
 * What the processes tell each other before each collective call: which call comes, on what, and whether one of them
 * has failed. So calls that do not fit together end all processes with one clear error, instead of a hang or wrong sums.
 */
import type { ClusterArray } from '@facewright/core';

const CALLS = ['allReduce', 'ordered allReduce', 'broadcast', 'barrier', 'close', 'abort'] as const;
const TYPES = ['', 'Float32Array', 'Float64Array', 'Int32Array'] as const;
export type CallName = (typeof CALLS)[number];

export interface Header {
  readonly call: CallName;
  readonly values?: ClusterArray;
  readonly root?: number;
  /** With `abort`: the number of bytes of the reason. */
  readonly reason?: number;
}

/** Numbers of a header. */
export const WIDTH = 5;

export function headerOf({ call, values, root = 0, reason = 0 }: Header): Float64Array {
  const type = values ? (values.constructor.name as (typeof TYPES)[number]) : '';
  return Float64Array.of(CALLS.indexOf(call), TYPES.indexOf(type), values?.length ?? 0, root, reason);
}

/** What the headers of all processes, in the order of the ranks, say together. */
export type Verdict =
  { readonly fits: true } | { readonly failed: number; readonly bytes: number } | { readonly differ: string };

export function judge(headers: Float64Array): Verdict {
  const rows = Array.from({ length: headers.length / WIDTH }, (_, rank) =>
    headers.subarray(rank * WIDTH, (rank + 1) * WIDTH),
  );
  const failed = rows.findIndex(([call]) => CALLS[call] === 'abort');
  if (failed >= 0) return { failed, bytes: rows[failed][WIDTH - 1] };
  const other = rows.findIndex((row) => row.some((number, index) => number !== rows[0][index]));
  return other < 0 ? { fits: true } : { differ: `rank 0 ${textOf(rows[0])}, but rank ${other} ${textOf(rows[other])}` };
}

function textOf([call, type, length, root]: Float64Array): string {
  const name = CALLS[call];
  if (name === 'barrier' || name === 'close') return `calls ${name}`;
  return `calls ${name}${name === 'broadcast' ? ` from rank ${root}` : ''} with ${length} numbers in a ${TYPES[type]}`;
}
