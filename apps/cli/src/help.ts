/** The tool's help: commands grouped by purpose, subcommands listed individually, and hints for unknown commands. */
import { Help, type Command } from 'commander';
import { proseColumns } from './prose-columns.js';

/** Words people may try, and the right command for each. */
const HINTS: Readonly<Record<string, string>> = {
  recognise: 'identify',
  recognize: 'identify',
  search: 'identify',
  match: 'studio',
  verify: 'evaluate',
  test: 'evaluate',
  align: 'prepare',
  crop: 'prepare',
  convert: 'dataset convert',
  preview: 'dataset preview',
  info: 'model info',
  'fine-tune': 'train --from',
  finetune: 'train --from',
  tune: 'train --from',
  start: 'run',
  report: 'studio',
  ui: 'studio',
  benchmark: 'bench train',
  install: 'setup',
};

/** Sets the paragraphs under a help's options anew; examples, which are indented, stay as they are to be copied. */
export function wrapProse(text: string, columns: number): string {
  const help = new Help();
  return text.replace(/^\S.*(?:\n\S.*)*/gm, (paragraph) =>
    paragraph.split('\n').some((line) => line.length > columns)
      ? help.boxWrap(paragraph.replaceAll('\n', ' '), columns)
      : paragraph,
  );
}

/**
 * Lists `dataset preview` and `model info` among the other commands, each with its arguments and without "[options]".
 */
export function withHelp(program: Command): Command {
  return program
    .configureOutput({
      writeOut: (text) => process.stdout.write(wrapProse(text, proseColumns(process.stdout))),
    })
    .configureHelp({
      visibleCommands(command) {
        const own = Help.prototype.visibleCommands.call(this, command).filter((each) => each.name() !== 'help');
        return command === program ? own.flatMap((each) => (each.commands.length ? each.commands : [each])) : own;
      },
      subcommandTerm: (command) =>
        command.parent === null || command.parent === program
          ? command.name()
          : `${command.parent.name()} ${command.name()}`,
    });
}

/** Adds commands under a heading of the help. */
export function addGroup(program: Command, heading: string, adders: readonly ((program: Command) => void)[]): void {
  const before = new Set(program.commands);
  for (const add of adders) add(program);
  for (const command of program.commands)
    if (!before.has(command)) for (const each of [command, ...command.commands]) each.helpGroup(heading);
}

/** Makes a mistaken word an error that names the right command. */
export function addHints(program: Command): void {
  for (const [word, right] of Object.entries(HINTS))
    program
      .command(word, { hidden: true })
      .argument('[anything...]')
      .allowUnknownOption()
      .helpOption(false)
      .action(() => program.error(`error: There is no command "${word}". Use "facewright ${right}".`));
}
