/** Implements `facewright embed`: computes embeddings of photos. */
import { extname } from 'node:path';
import { countOf, FacewrightError } from '@facewright/core';
import { writeFileAtomic } from '@facewright/platform/node';
import type { EmbeddedFace } from '@facewright/recognise';
import { encodeNpy } from '../npy.js';
import type { FaceRow } from '../parquet.js';
import { photosAt, withRecogniser } from '../open-recogniser.js';
import { withSession } from '../session.js';
import type { CommonOptions } from '../options.js';

export interface EmbedOptions extends CommonOptions {
  readonly model: string;
  readonly out: string;
  readonly aligned?: boolean;
  readonly allFaces?: boolean;
}

const ENDINGS = ['.npy', '.jsonl', '.parquet'];

export default (paths: string[], options: EmbedOptions) =>
  withSession(options, async (session) => {
    const ending = extname(options.out).toLowerCase();
    if (!ENDINGS.includes(ending))
      throw new FacewrightError({
        what: `Embeddings can be written as .npy, .jsonl or .parquet, not as "${ending}".`,
        where: '--out',
        todo: 'Choose one of these extensions, e.g. --out embeddings.npy.',
      });
    const photos = await photosAt(paths);
    return withRecogniser(options, session, async ({ recogniser, events }) => {
      const rows: FaceRow[] = [];
      const skipped: { photo: string; reason: string }[] = [];
      let done = 0;
      const which = { central: !options.allFaces, ...(options.aligned && { aligned: true }) };
      for await (const { item: photo, faces, error } of recogniser.facesOfAll(photos, (photo) => photo, which)) {
        if (!faces.length) skipped.push({ photo, reason: error?.what ?? 'No face was found in the photo.' });
        rows.push(...faces.map((face) => rowOf(photo, face)));
        done++;
        events.emit('progress', { task: 'embed', done, total: photos.length, unit: 'photos' });
      }
      if (!rows.length)
        throw new FacewrightError({
          what: `None of the photos gave an embedding: ${skipped[0].reason}`,
          where: skipped[0].photo,
        });
      const { embeddingSize } = recogniser.card;
      const files = await write(options.out, ending, rows, embeddingSize);
      for (const { photo, reason } of skipped.slice(0, 5)) session.print(`left out: ${photo}: ${reason}`);
      if (skipped.length > 5) session.print(`and ${skipped.length - 5} more; --json lists them all`);
      session.print(
        `${countOf(rows.length, 'face')} of ${countOf(photos.length - skipped.length, 'photo')}, ${embeddingSize} numbers each`,
      );
      session.print(files.join('\n'));
      return { json: { files, photos: photos.length, faces: rows.length, embeddingSize, skipped } };
    });
  });

const rowOf = (photo: string, { face, embedding }: EmbeddedFace): FaceRow => ({
  photo,
  box: face ? [face.box.x, face.box.y, face.box.width, face.box.height] : null,
  confidence: face?.confidence ?? null,
  embedding,
});

/** The files it has written. */
async function write(out: string, ending: string, rows: readonly FaceRow[], embeddingSize: number): Promise<string[]> {
  const linesOf = (line: (row: FaceRow) => object): Uint8Array =>
    Buffer.concat(rows.map((row) => Buffer.from(`${JSON.stringify(line(row))}\n`)));
  if (ending === '.jsonl') {
    await writeFileAtomic(
      out,
      linesOf((row) => ({ ...row, embedding: [...row.embedding] })),
    );
    return [out];
  }
  if (ending === '.parquet') {
    const { encodeParquet } = await import('../parquet.js');
    await writeFileAtomic(out, encodeParquet(rows));
    return [out];
  }
  const beside = `${out.slice(0, -ending.length)}.jsonl`;
  const vectors = rows.map(({ embedding }) => embedding);
  await writeFileAtomic(
    beside,
    linesOf(({ photo, box, confidence }) => ({ photo, box, confidence })),
  );
  await writeFileAtomic(out, encodeNpy(vectors, embeddingSize));
  return [out, beside];
}
