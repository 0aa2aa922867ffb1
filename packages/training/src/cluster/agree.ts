/** What the ranks of a cluster tell each other beside gradients: decisions of rank 0, its tensors, and whether they are alike. */
import {
  FacewrightError,
  hostTensor,
  type Cluster,
  type ClusterArray,
  type HostTensor,
  type HostTensors,
} from '@facewright/core';
import { createSha256 } from '@facewright/platform';
import { sha256 } from '../checkpoint/digest.js';

/** Rank 0's value, which must be JSON, on every rank. Only rank 0 needs to give one. */
export async function fromFirst<T>(cluster: Cluster, value?: T): Promise<T> {
  if (cluster.size === 1) return value as T;
  const text = new TextEncoder().encode(cluster.rank === 0 ? JSON.stringify({ value }) : '');
  const length = Int32Array.of(text.length);
  await cluster.broadcast(length);
  const codes = cluster.rank === 0 ? Int32Array.from(text) : new Int32Array(length[0]);
  await cluster.broadcast(codes);
  return (JSON.parse(new TextDecoder().decode(Uint8Array.from(codes))) as { value: T }).value;
}

/** Rank 0's tensors on every rank. */
export async function tensorsFromFirst(cluster: Cluster, tensors: HostTensors = {}): Promise<HostTensors> {
  if (cluster.size === 1) return tensors;
  const shapes = await fromFirst(
    cluster,
    Object.entries(tensors).map(([name, { shape, dtype }]) => [name, shape, dtype] as const),
  );
  const result: Record<string, HostTensor> = {};
  for (const [name, shape, dtype] of shapes) {
    const length = shape.reduce((product, size) => product * size, 1);
    const empty = (): ClusterArray => (dtype === 'float32' ? new Float32Array(length) : new Int32Array(length));
    const data = cluster.rank === 0 ? (tensors[name].data as ClusterArray) : empty();
    await cluster.broadcast(data);
    result[name] = hostTensor(shape, data as HostTensor['data']);
  }
  return result;
}

/** Whether it is so on any rank. */
export async function onAny(cluster: Cluster, so: boolean): Promise<boolean> {
  if (cluster.size === 1) return so;
  const count = Int32Array.of(Number(so));
  await cluster.allReduce(count);
  return count[0] > 0;
}

/** Throws a `FacewrightError` on every rank if they do not give the same text. */
export async function requireSame(
  cluster: Cluster,
  text: string,
  { what, todo }: { readonly what: string; readonly todo: string },
): Promise<void> {
  if (cluster.size === 1) return;
  const digests = new Int32Array(WORDS * cluster.size);
  const own = sha256(text);
  for (let word = 0; word < WORDS; word++)
    digests[cluster.rank * WORDS + word] = parseInt(own.slice(8 * word, 8 * word + 8), 16);
  await cluster.allReduce(digests);
  const of = (rank: number): string => digests.subarray(rank * WORDS, (rank + 1) * WORDS).join();
  const other = Array.from({ length: cluster.size }, (_, rank) => rank).find((rank) => of(rank) !== of(0));
  if (other === undefined) return;
  throw new FacewrightError({ what: `Rank ${other} has ${what} than rank 0.`, where: 'the cluster', todo });
}

/** 32-bit words of a SHA-256. */
const WORDS = 8;

/** Throws a `FacewrightError` on every rank if their states are not the same, bit for bit. */
export function requireSameState(cluster: Cluster, state: HostTensors, step: number): Promise<void> {
  if (cluster.size === 1) return Promise.resolve();
  const hash = createSha256();
  for (const name of Object.keys(state).sort()) {
    const { data } = state[name];
    hash.update(`${name}\n`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return requireSame(cluster, hash.hex(), {
    what: `other weights at step ${step}`,
    todo: 'They have computed different updates: a device may be faulty, or the libraries differ between hosts. Resume from the last checkpoint, which is older than that.',
  });
}
