/** The files of other tools that reference/formats.py made. */
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
  /** With a photo beside the folders, and without. */
  readonly zip: string;
  readonly zipOfPeople: string;
  readonly bin: Readonly<Record<string, string>>;
}
export const golden = JSON.parse(readFileSync(new URL('../reference/formats.json', import.meta.url), 'utf8')) as Golden;

export const decoded = (text: string): Buffer => Buffer.from(text, 'base64');
/** What the Python script puts into its files in place of images. */
export const IMAGES = golden.images.map(decoded);
