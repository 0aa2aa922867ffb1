/**
 * A path on the command line that does not exist, the most frequent mistake, is found before a command's implementation
 * is loaded, so the answer comes at once. Everything else about a path is for the command to say.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Help, type Command } from 'commander';
import { proseColumns } from './prose-columns.js';

/** The options that name a file or directory to read. */
const READ = [
  'against',
  'alignment',
  'config',
  'data',
  'edits',
  'from',
  'gallery',
  'groups',
  'images',
  'model',
  'pairs',
  'templates',
  'without',
];
/** Elsewhere an option of the same name takes a number or a name. */
const PATH = /<(path|file|dir|dataset)>/;
/** The arguments that do; photos are reported one by one. */
const ARGUMENTS = ['path', 'file', 'directory', 'directories', 'parts'];

interface Missing {
  readonly what: string;
  readonly where: string;
  readonly todo: string;
}

/** The first path that does not exist. */
export function missingPath(command: Command): Missing | undefined {
  const values = command.opts<Record<string, unknown>>();
  for (const option of command.options) {
    const name = option.attributeName();
    const value = values[name];
    if (!READ.includes(name) || !PATH.test(option.flags) || typeof value !== 'string') continue;
    if (!existsSync(value)) return missing(value, `${option.long}: ${option.description}`);
  }
  for (const [index, argument] of command.registeredArguments.entries()) {
    if (!ARGUMENTS.includes(argument.name())) continue;
    for (const value of argument.variadic ? command.args.slice(index) : command.args.slice(index, index + 1))
      if (!existsSync(value)) return missing(value, `the path: ${argument.description}`);
  }
  return undefined;
}

const missing = (path: string, expected: string): Missing => ({
  what: 'There is no such file or folder.',
  where: resolve(path),
  todo: `Check ${expected}.`,
});

/** Shows it as the commands show their errors. */
export function tellMissing({ what, where, todo }: Missing, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify({ error: { what, where, todo } }, null, 2)}\n`);
  const lines = [`error: ${what}`, `  where: ${where}`, `  to do: ${todo}`];
  const width = process.stderr.isTTY ? proseColumns(process.stderr) : Infinity;
  for (const line of lines) process.stderr.write(`${wrapped(line, width)}\n`);
  process.exitCode = 1;
}

/** Lines that go on are indented by two more columns. */
function wrapped(line: string, width: number): string {
  const [lead] = /^ */.exec(line)!;
  if (line.length <= width) return line;
  const text = new Help().boxWrap(line.trimStart(), width - lead.length - 2);
  return lead + text.replaceAll('\n', `\n${lead}  `);
}
