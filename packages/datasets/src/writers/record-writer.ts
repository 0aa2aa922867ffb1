/**
 * Writes InsightFace training sets: `train.rec`, `train.idx`, `train.lst` and `property`, laid out like the output of
 * insightface's face2rec2.py: record 0 says where the ranges are, followed by the images by id, then one record per
 * person with their range of ids.
 */
import { createWholeDirectory } from '@facewright/platform/node';
import { createWriteStream } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { encodeRecord } from '../recordio/framing.js';
import { encodeImageRecord } from '../recordio/image-record.js';
import { imageEnding, imagePaths } from './names.js';
import { numbering, type SetWriter } from './set-writer.js';

const NOTHING = new Uint8Array();
const rangeRecord = (id: number, from: number, to: number): Buffer =>
  encodeRecord(encodeImageRecord({ labels: [from, to], id, image: NOTHING }));

/** `directory` must be new or empty. The format stores labels and ids as float32, exact below 16,777,216. */
export async function createRecordWriter(directory: string): Promise<SetWriter> {
  const place = await createWholeDirectory(directory, { kind: 'InsightFace training set' });
  const recPath = join(place.aside, 'train.rec');
  const rec = await open(recPath, 'wx');
  const idx = createWriteStream(join(place.aside, 'train.idx'), { flags: 'wx' });
  const lst = createWriteStream(join(place.aside, 'train.lst'), { flags: 'wx' });
  const pathOf = imagePaths();
  const labels = numbering();
  const ranges: { label: number; from: number; to: number }[] = [];
  let size = 0;
  let id = 0;
  let sides: string | undefined;

  const append = async (record: Buffer): Promise<void> => {
    await rec.appendFile(record);
    idx.write(`${id}\t${size}\n`);
    size += record.length;
    id++;
  };
  await append(rangeRecord(0, 0, 0)); // the numbers are filled in at the end

  return {
    add: async ({ bytes, ...image }) => {
      const label = labels.of(image.identity);
      lst.write(`1\t${pathOf(image, imageEnding(bytes))}\t${label}\n`);
      const range = ranges.at(-1);
      if (range?.label === label) range.to = id + 1;
      else ranges.push({ label, from: id, to: id + 1 });
      sides ??= await sidesOf(bytes);
      await append(encodeRecord(encodeImageRecord({ labels: label, id, image: bytes })));
    },
    finish: async () => {
      const end = id;
      for (const { from, to } of ranges) await append(rangeRecord(id, from, to));
      await rec.close();
      const again = await open(recPath, 'r+');
      await again.write(rangeRecord(0, end, end + ranges.length), 0, undefined, 0);
      await again.sync();
      await again.close();
      for (const stream of [idx, lst]) await finished(stream.end());
      if (sides !== undefined) await writeFile(join(place.aside, 'property'), `${labels.size()},${sides}\n`);
      await place.publish();
    },
    abort: async () => {
      await rec.close().catch(() => undefined);
      for (const stream of [idx, lst]) stream.destroy();
      await place.discard();
    },
  };
}

/** "height,width", for the file that InsightFace's training needs. */
async function sidesOf(bytes: Uint8Array): Promise<string | undefined> {
  const { default: sharp } = await import('sharp');
  return sharp(bytes)
    .metadata()
    .then(
      ({ width, height }) => `${height},${width}`,
      () => undefined,
    );
}
