/** Many embeddings in one array, and operations on them. */

/** Rows of length 1, or zeros for a missing embedding. */
export interface Embeddings {
  readonly count: number;
  /** Length of a row. */
  readonly size: number;
  /** [count, size], row-major. */
  readonly data: Float32Array;
}

export function embeddingsOf(rows: readonly Float32Array[], size = rows[0]?.length ?? 0): Embeddings {
  const data = new Float32Array(rows.length * size);
  rows.forEach((row, index) => data.set(row, index * size));
  return { count: rows.length, size, data };
}

/** The cosine between row `i` of `a` and row `j` of `b`. */
export function similarity(a: Embeddings, i: number, b: Embeddings, j: number): number {
  let sum = 0;
  for (let k = 0, x = i * a.size, y = j * b.size; k < a.size; k++) sum += a.data[x + k] * b.data[y + k];
  return sum;
}

export function sumOf({ size, data }: Embeddings, rows: Iterable<number>): Float64Array {
  const sum = new Float64Array(size);
  for (const row of rows) for (let k = 0; k < size; k++) sum[k] += data[row * size + k];
  return sum;
}

/** Normalised to length 1; zeros stay zeros. */
export function unit(vector: Float64Array): Float32Array {
  const length = Math.max(Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)), 1e-12);
  return Float32Array.from(vector, (value) => value / length);
}
