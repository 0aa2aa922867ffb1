/** Several ranks in one process, for tests: obviously correct, and no faster than one. */
import type { Cluster, ClusterArray } from '@facewright/core';

interface Arrival {
  readonly call: string;
  readonly values?: ClusterArray;
  readonly reason?: string;
}

interface Meeting {
  readonly arrivals: Map<number, Arrival>;
  readonly done: Promise<void>;
  readonly end: (error?: Error) => void;
}

/** The ranks of a new cluster, in order. Every n-th call of a rank meets the n-th call of the others. */
export function localClusters(size: number): Cluster[] {
  const meetings: Meeting[] = [];
  let failure: Error | undefined;
  const meetingAt = (index: number): Meeting => (meetings[index] ??= newMeeting());

  return Array.from({ length: size }, (_, rank): Cluster => {
    let calls = 0;
    let closed = false;
    const meet = (arrival: Arrival, work: (all: readonly ClusterArray[]) => void = () => {}): Promise<void> => {
      if (failure) return Promise.reject(failure);
      if (closed) return Promise.reject(new Error('this rank has left the cluster'));
      const { arrivals, done, end } = meetingAt(calls++);
      arrivals.set(rank, arrival);
      if (arrivals.size === size) {
        failure = faultOf(arrivals);
        if (!failure) work(inOrder(arrivals).flatMap(({ values }) => values ?? []));
        end(failure);
      }
      return done;
    };
    return {
      rank,
      size,
      device: `rank ${rank} of ${size} in one process`,
      allReduce: (values) => meet({ call: `allReduce ${kindOf(values)}`, values }, addUp),
      broadcast: async (values, root = 0) => {
        if (!(root >= 0 && root < size)) throw new RangeError(`there is no rank ${root}`);
        await meet({ call: `broadcast ${root} ${kindOf(values)}`, values }, (all) =>
          all.forEach((each) => each.set(all[root])),
        );
      },
      barrier: () => meet({ call: 'barrier' }),
      abort: (reason) => meet({ call: 'abort', reason }).catch(() => undefined),
      async close() {
        if (!closed && !failure) await meet({ call: 'close' }).catch(() => undefined);
        closed = true;
      },
    };
  });
}

function newMeeting(): Meeting {
  let end: Meeting['end'] = () => {};
  const done = new Promise<void>((resolve, reject) => {
    end = (error) => (error ? reject(error) : resolve());
  });
  done.catch(() => undefined);
  return { arrivals: new Map(), done, end };
}

const kindOf = (values: ClusterArray): string => `${values.constructor.name}[${values.length}]`;

const inOrder = (arrivals: ReadonlyMap<number, Arrival>): Arrival[] =>
  [...arrivals].sort(([a], [b]) => a - b).map(([, arrival]) => arrival);

function faultOf(arrivals: ReadonlyMap<number, Arrival>): Error | undefined {
  const all = inOrder(arrivals);
  const failed = all.findIndex(({ call }) => call === 'abort');
  if (failed >= 0) return new Error(`rank ${failed} failed: ${all[failed].reason}`);
  const calls = new Set(all.map(({ call }) => call));
  return calls.size > 1 ? new Error(`the ranks make different calls: ${[...calls].join(', ')}`) : undefined;
}

function addUp([first, ...others]: readonly ClusterArray[]): void {
  const sum = first.slice();
  for (const values of others) for (let i = 0; i < sum.length; i++) sum[i] += values[i];
  for (const values of [first, ...others]) values.set(sum);
}
