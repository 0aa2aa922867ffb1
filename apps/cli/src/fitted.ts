/** Text for a terminal, whose lines end between words; in a pipe or file lines stay whole, so that they can be searched. */
import { wrap } from '@facewright/report';

/** Columns of prose; a wider terminal does not make it easier to read. */
const WIDEST = 100;

export const fitted = (
  text: string,
  { isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number } = process.stdout,
  indent = '  ',
): string => (isTTY ? wrap(text, Math.min(columns || 80, WIDEST), indent) : text);
