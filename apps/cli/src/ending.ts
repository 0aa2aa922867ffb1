/** The end of a run in the terminal: its report and its verdict. */
import type { RunResult } from '@facewright/run';
import { verdictText } from '@facewright/report';
import { fileLink } from './links.js';
import { proseColumns } from './prose-columns.js';

export function ending({ report, metrics: { verdict } }: RunResult): string {
  const colour = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;
  return `report: ${fileLink(report)}${verdict ? `\n${verdictText(verdict, { columns: proseColumns(process.stdout), colour })}` : ''}`;
}
