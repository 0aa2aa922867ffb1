/** The files of other tools, made by reference/formats.py. */
import { readFileSync } from 'node:fs';

interface Records {
  readonly rec: string;
  readonly idx: string;
  readonly lst: string;
}
interface Golden {
  readonly images: readonly string[];
  readonly records: readonly string[];
  /** Records with one label, and with a label and another number. */
  readonly numbered: Records;
  readonly pairs: Records;
  readonly plain: string;
  readonly webdataset: {
    readonly tar: string;
    readonly offsets: Readonly<Record<string, readonly [offset: number, size: number]>>;
  };
  /** With a photo next to the folders, and without. */
  readonly zip: string;
  readonly zipOfPeople: string;
  readonly bin: Readonly<Record<string, string>>;
}
export const golden = JSON.parse(readFileSync(new URL('../reference/formats.json', import.meta.url), 'utf8')) as Golden;

export const decoded = (text: string): Buffer => Buffer.from(text, 'base64');
/** What the Python script stores in place of images. */
export const IMAGES = golden.images.map(decoded);
