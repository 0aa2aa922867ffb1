/** Runs a program on a terminal of 80 columns, and what is left on its screen, in a form that two runs share. */
import { execFileSync, spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/** Why no terminal can be had; undefined if it can. */
export function noTerminal(): string | undefined {
  try {
    execFileSync('script', ['-qec', 'true', '/dev/null'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'needs the script command of util-linux';
  }
}

export interface Screen {
  readonly code: number | null;
  /** Lines as they stay, without what was drawn over; no colours. */
  readonly lines: readonly string[];
}

export function onTerminal(
  command: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Screen> {
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qec', `stty cols 80 rows 24; exec ${quoted}`, '/dev/null'], {
      cwd,
      env: { ...process.env, NO_COLOR: '1', FORCE_HYPERLINK: '0', TERM: 'xterm', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (part: Buffer) => (text += part.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, lines: linesLeft(text) }));
  });
}

const linesLeft = (text: string): string[] =>
  text
    .split('\r\n')
    .map((line) => stripVTControlCharacters(line.split('\r').at(-1)!).trimEnd())
    .filter((line, index, all) => line !== '' || all[index - 1] !== '');

/**
 * The lines with what differs between machines and runs masked: numbers, times, devices and the folder. Sentences stand
 * on one line, because their breaks depend on the numbers.
 */
export function transcriptOf(lines: readonly string[], folder: string): string {
  const whole = lines.reduce<string[]>((all, line) => {
    const goesOn = /^ {2,}(?!facewright |to do:)\S/.test(line) && all.length > 0;
    return goesOn ? [...all.slice(0, -1), `${all.at(-1)} ${line.trim()}`] : [...all, line];
  }, []);
  return whole
    .map((line) =>
      line
        .replaceAll(folder, '<folder>')
        .replace(/^(\S[^█]*) █+ 100 %.*$/, '$1 100 %')
        .replace(/^(engine: \S+) \(.*\) for/, '$1 (<device>) for')
        .replace(/\d[\d,.]*\d|\d/g, '#')
        .replace(/#( (h|min|s)\b)( # (min|s)\b)?/g, '<time>'),
    )
    .join('\n')
    .trim()
    .concat('\n');
}
