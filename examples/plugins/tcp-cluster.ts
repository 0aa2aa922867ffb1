/**
 * Joins processes by TCP. Each knows its place from the variables of PyTorch's `env://`: RANK, WORLD_SIZE, MASTER_ADDR and
 * MASTER_PORT. All send to rank 0, which adds and answers. That is simple, and slower than MPI. For networks that you trust.
 */
import { definePlugin, FacewrightError, messageOf } from '@facewright/core';
import type { Cluster, ClusterArray, ClusterProvider } from '@facewright/core';
import { z } from 'zod';
import { greet, NOTHING, welcome, type Line, type Message } from './tcp-lines.js';

const variable = (name: string): number | undefined =>
  process.env[name] === undefined ? undefined : Number(process.env[name]);

export default definePlugin({
  meta: { kind: 'cluster', name: 'tcp', version: '1.0.0', apiVersion: 1 },
  options: z.strictObject({
    rank: z.int().min(0).optional().describe('number of this process, from 0; default: RANK'),
    size: z.int().min(1).optional().describe('number of processes; default: WORLD_SIZE, or 1'),
    host: z.string().optional().describe('where rank 0 runs; default: MASTER_ADDR'),
    port: z.int().min(1).max(65535).optional().describe('on which rank 0 listens; default: MASTER_PORT'),
    seconds: z.number().positive().default(60).describe('how long to wait for the others to start'),
  }),
  create({ seconds, ...given }): ClusterProvider {
    const { rank = variable('RANK') ?? 0, size = variable('WORLD_SIZE') } = given;
    const { host = process.env.MASTER_ADDR ?? 'localhost', port = variable('MASTER_PORT') ?? 29500 } = given;
    return {
      // `processes` tells `cluster: auto` that this process was started as one of several
      probe: async () => ({ usable: true, device: 'TCP', ...(size !== undefined && { processes: size }) }),
      async open() {
        try {
          const lines = rank > 0 ? [await greet(rank, host, port, seconds)] : await welcome(size ?? 1, port, seconds);
          return clusterOf(rank, size ?? 1, lines);
        } catch (error) {
          throw new FacewrightError({
            what: `Rank ${rank} of ${size} does not reach the others: ${messageOf(error)}`,
            where: `cluster "tcp", ${host}:${port}`,
            todo: 'Start all processes, with the same WORLD_SIZE, MASTER_ADDR and MASTER_PORT.',
          });
        }
      },
    };
  },
});

/** `lines`: from rank 0 to each of the others, or from another to rank 0. */
function clusterOf(rank: number, size: number, lines: readonly Line[]): Cluster {
  let [failure, lost, left] = [undefined as Error | undefined, false, false];
  let tail: Promise<unknown> = Promise.resolve(); // calls that are not awaited keep their order

  const inTurn = (call: string, work: Work = keep, values?: ClusterArray, reason?: string): Promise<void> => {
    const turn = tail.then(async () => {
      if (left) throw new Error('this process has left the cluster');
      if (failure) throw failure;
      const own: Message = { call, ...(reason !== undefined && { reason }), body: values ? bytesOf(values) : NOTHING };
      const { failed, body } = await (rank === 0 ? meet(own, lines, work, values) : ask(own, lines[0])).catch(
        (error: unknown): Message => ((lost = true), { call, failed: messageOf(error), body: NOTHING }),
      );
      if (failed !== undefined) {
        const todo = 'Look at the other processes, and go on with --resume.';
        throw (failure = new FacewrightError({ what: failed, where: 'cluster "tcp"', todo }));
      }
      if (values) bytesOf(values).set(body);
    });
    tail = turn.catch(() => undefined);
    return turn;
  };

  return {
    rank,
    size,
    device: `TCP, rank ${rank} of ${size}`,
    // rank 0 adds in the order of the ranks, so `ordered` changes nothing
    allReduce: (values) => inTurn(`allReduce ${kindOf(values)}`, addUp, values),
    broadcast: async (values, root = 0) => {
      if (!(root >= 0 && root < size)) throw new RangeError(`there is no rank ${root}`);
      await inTurn(`broadcast of ${root}, ${kindOf(values)}`, (all) => all[root], values);
    },
    barrier: () => inTurn('barrier'),
    abort: (reason) =>
      inTurn('abort', keep, undefined, reason).catch((error: unknown) => {
        if (lost) throw error; // the others were not told; otherwise they fail as this rank does
      }),
    async close() {
      if (!left) await inTurn('close').catch(() => undefined);
      left = true;
      for (const line of lines) line.end();
    },
  };
}

/** Makes the answer from the arrays of all ranks, in order. */
type Work = (all: readonly ClusterArray[]) => ClusterArray;

const keep: Work = ([own]) => own;

const addUp: Work = ([first, ...others]) => {
  const sum = first.slice();
  for (const values of others) for (let i = 0; i < sum.length; i++) sum[i] += values[i];
  return sum;
};

/** Rank 0's side of a call: hears all others, and gives all the same answer. */
async function meet(own: Message, lines: readonly Line[], work: Work, values?: ClusterArray): Promise<Message> {
  const answer = await Promise.all(lines.map((line) => line.receive())).then(
    (others): Message => {
      const failed = faultOf([own, ...others]);
      if (failed !== undefined || !values) return { call: own.call, failed, body: NOTHING };
      return { call: own.call, body: bytesOf(work([values, ...others.map(({ body }) => likeThat(values, body))])) };
    },
    (error: unknown): Message => ({ call: own.call, failed: messageOf(error), body: NOTHING }),
  );
  for (const line of lines) line.send(answer);
  return answer;
}

async function ask(own: Message, line: Line): Promise<Message> {
  line.send(own);
  return line.receive();
}

function faultOf(all: readonly Message[]): string | undefined {
  const failed = all.findIndex(({ reason }) => reason !== undefined);
  if (failed >= 0) return `Rank ${failed} failed: ${all[failed].reason}`;
  const calls = [...new Set(all.map(({ call }) => call))];
  return calls.length > 1 ? `The processes make different calls: ${calls.join(', ')}.` : undefined;
}

const kindOf = (values: ClusterArray): string => `${values.constructor.name} ${values.length}`;
const bytesOf = (values: ClusterArray): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

function likeThat(values: ClusterArray, bytes: Buffer): ClusterArray {
  const other = values.slice();
  bytesOf(other).set(bytes);
  return other;
}
