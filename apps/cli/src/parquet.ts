/** Embeddings as a Parquet table: a row a face, for pandas, Polars, DuckDB and Spark. */
import { parquetWriteBuffer } from 'hyparquet-writer';

export interface FaceRow {
  readonly photo: string;
  /** In pixels of the photo; null for an image that was aligned already. */
  readonly box: readonly [x: number, y: number, width: number, height: number] | null;
  readonly confidence: number | null;
  readonly embedding: Float32Array;
}

const BOX = ['x', 'y', 'width', 'height'] as const;
const optional = (name: string) => ({ name, type: 'FLOAT', repetition_type: 'OPTIONAL' }) as const;

/** Columns: `photo` (string), `x`, `y`, `width`, `height`, `confidence` (float or null), `embedding` (list of float). */
export function encodeParquet(rows: readonly FaceRow[]): Uint8Array {
  return new Uint8Array(
    parquetWriteBuffer({
      schema: [
        { name: 'root', num_children: BOX.length + 3 },
        { name: 'photo', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        ...BOX.map(optional),
        optional('confidence'),
        { name: 'embedding', converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
      ],
      columnData: [
        { name: 'photo', data: rows.map(({ photo }) => photo) },
        ...BOX.map((name, side) => ({ name, data: rows.map(({ box }) => box?.[side] ?? null) })),
        { name: 'confidence', data: rows.map(({ confidence }) => confidence) },
        { name: 'embedding', data: rows.map(({ embedding }) => [...embedding]) },
      ],
    }),
  );
}
