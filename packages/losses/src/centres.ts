/** Class centres on the host: what one head hands to the next when the loss is switched. */
import { hostTensor, type HostTensor } from '@facewright/core';

/** `centres` [embeddingSize, identities] with every column brought to length 1; a column of zeros stays as it is. */
export function unitColumns({ shape, data }: HostTensor): HostTensor {
  const [rows, columns] = shape;
  const squares = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) squares[i % columns] += data[i] ** 2;
  const unit = new Float32Array(rows * columns);
  for (let i = 0; i < data.length; i++) unit[i] = data[i] / (Math.sqrt(squares[i % columns]) || 1);
  return hostTensor(shape, unit);
}
