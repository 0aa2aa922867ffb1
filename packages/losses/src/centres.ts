/** Class centres: how a head made of them is initialised, passes them on, and adopts those of another loss. */
import { hostTensor, type HostTensor, type Loss, type Random } from '@facewright/core';

/** Standard deviation of initial centres, as in arcface_torch. */
const FIRST_DEVIATION = 0.01;

/** `count` centres [embeddingSize, count], N(0, 0.01). */
export function firstCentres(embeddingSize: number, count: number, random: Random): HostTensor {
  return hostTensor(
    [embeddingSize, count],
    Float32Array.from({ length: embeddingSize * count }, () => FIRST_DEVIATION * random.normal()),
  );
}

/** The head of a loss whose only parameter is `centres` [embeddingSize, identities]. Only their directions matter. */
export const centreHead: Pick<Required<Loss>, 'init' | 'centres' | 'adopt'> = {
  init: (identities, embeddingSize, random) => ({
    params: { centres: firstCentres(embeddingSize, identities, random.fork('centres')) },
    statistics: {},
  }),
  centres: ({ centres }) => unitColumns(centres),
  adopt: (centres) => ({ centres: unitColumns(centres) }),
};

/** `centres` [embeddingSize, identities] with every column scaled to length 1; zero columns are unchanged. */
export function unitColumns({ shape, data }: HostTensor): HostTensor {
  const [rows, columns] = shape;
  const squares = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) squares[i % columns] += data[i] ** 2;
  const unit = new Float32Array(rows * columns);
  for (let i = 0; i < data.length; i++) unit[i] = data[i] / (Math.sqrt(squares[i % columns]) || 1);
  return hostTensor(shape, unit);
}
