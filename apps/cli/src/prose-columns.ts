/** How wide prose is on a terminal. */

/** A wider terminal does not make it easier to read. */
const WIDEST = 100;

export const proseColumns = ({ columns }: { readonly columns?: number }): number => Math.min(columns || 80, WIDEST);
