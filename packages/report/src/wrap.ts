/** Wraps text for a terminal of a given width. */
import { stripVTControlCharacters } from 'node:util';

/**
 * Breaks lines at spaces. A word longer than a line (a path, a command) stays whole. `indent` precedes continuation
 * lines. Colours take no space.
 */
export function wrap(text: string, columns: number, indent = ''): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns, indent))
    .join('\n');
}

function wrapLine(line: string, columns: number, indent: string): string {
  const lead = /^ */.exec(line)![0];
  const lines: string[] = [];
  let current = lead;
  for (const word of line.trim().split(/ +(?!%)/)) {
    const glued = current.trim() === '' ? current + word : `${current} ${word}`;
    if (stripVTControlCharacters(glued).length <= columns || current.trim() === '') current = glued;
    else {
      lines.push(current);
      current = lead + indent + word;
    }
  }
  return [...lines, current].join('\n');
}
