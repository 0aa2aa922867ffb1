/** The end of a run in the terminal: its report and its verdict. */
import type { RunResult } from '@facewright/run';
import { verdictText } from '@facewright/report';
import { fileLink } from './links.js';

export function ending({ report, metrics: { verdict } }: RunResult): string {
  const { columns, isTTY } = process.stdout;
  const colour = Boolean(isTTY) && !process.env.NO_COLOR;
  return `report: ${fileLink(report)}${verdict ? `\n${verdictText(verdict, { columns: Math.min(columns || 80, 100), colour })}` : ''}`;
}
