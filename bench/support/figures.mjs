// Shared by the benches to print their figures.
import { availableParallelism, cpus, totalmem } from 'node:os';

export const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Processor, cores and memory. */
export const machine = () =>
  `${cpus()[0].model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB`;
