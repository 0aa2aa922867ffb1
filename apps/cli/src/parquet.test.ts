import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { encodeParquet } from './parquet.js';

test('rows come back with their embeddings, and an aligned image without a box', async () => {
  const rows = Array.from({ length: 300 }, (_, index) => ({
    photo: `people/Zoë/${index}.jpg`,
    box: index % 2 ? null : ([index, 2, 30.5, 40] as const),
    confidence: index % 2 ? null : 0.5,
    embedding: Float32Array.from({ length: 7 }, (_value, at) => index + at / 8),
  }));
  const { buffer } = encodeParquet(rows);
  expect(parquetMetadata(buffer as ArrayBuffer).num_rows).toBe(300n);
  const read = await parquetReadObjects({ file: buffer as ArrayBuffer });
  expect(read[2]).toMatchObject({ photo: 'people/Zoë/2.jpg', x: 2, y: 2, width: 30.5, height: 40, confidence: 0.5 });
  expect(read[1]).toMatchObject({ x: null, confidence: null });
  read.forEach(({ embedding }, index) => expect(embedding).toEqual([...rows[index].embedding]));
});
