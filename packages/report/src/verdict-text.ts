/** A verdict in a terminal, coloured by its level. */
import { styleText } from 'node:util';
import type { Verdict } from './verdict.js';
import { wrap } from './wrap.js';

const COLOURS = { good: 'green', fair: 'yellow', poor: 'red' } as const;

export interface VerdictTextOptions {
  readonly columns?: number;
  readonly colour?: boolean;
}

export function verdictText({ level, title, reasons, next }: Verdict, options: VerdictTextOptions = {}): string {
  const { columns = 80, colour = false } = options;
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const item = (text: string): string => wrap(`- ${text}`, columns, '  ');
  const lines = [
    '',
    paint(['bold', COLOURS[level]], wrap(title, columns)),
    ...reasons.map(item),
    ...(next.length ? ['', 'Next:'] : []),
    ...next.flatMap((step) => {
      if (typeof step === 'string') return [item(step)];
      // a command stays on one line, so that it can be copied
      return [item(step.text), ...(step.command === undefined ? [] : [`  ${paint('cyan', step.command)}`])];
    }),
    '',
  ];
  return lines.join('\n');
}
