/** Text for a terminal, whose lines end between words; in a pipe or file lines stay whole, so that they can be searched. */
import { wrap } from '@facewright/report';
import { proseColumns } from './prose-columns.js';

export const fitted = (
  text: string,
  stream: { readonly isTTY?: boolean; readonly columns?: number } = process.stdout,
  indent = '  ',
): string => (stream.isTTY ? wrap(text, proseColumns(stream), indent) : text);
