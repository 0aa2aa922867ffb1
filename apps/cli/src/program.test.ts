import type { Command } from 'commander';
import { expect, test, vi } from 'vitest';
import { wrapProse } from './help.js';
import { createProgram } from './program.js';

test('the help of every command fits into 80 columns, except text to copy, and groups commands by purpose', () => {
  const program = createProgram();
  const help = program.helpInformation();
  for (const heading of ['Prepare photos:', 'Train:', 'Judge:', 'Use the model:', 'Look and set up:'])
    expect(help).toContain(heading);
  expect(help).toMatch(/ dataset preview .*\n/);
  expect(help).toMatch(/ model info .*\n/);
  for (const command of [program, ...program.commands])
    for (const line of command.helpInformation().split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
});

/** All that `--help` prints, on a terminal of 80 columns. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += wrapProse(part, 80)), getOutHelpWidth: () => 80 });
  command.outputHelp();
  return text;
}

const program = createProgram();
test.each(
  [program, ...program.commands.flatMap((each) => (each.commands.length ? each.commands : [each]))]
    .filter((command) => command === program || command.description())
    .map(
      (command) =>
        [
          command === program || command.parent === program
            ? command.name()
            : `${command.parent!.name()}-${command.name()}`,
          command,
        ] as const,
    ),
)('the help of %s on 80 columns is as it was last looked at', async (name, command) => {
  await expect(helpOf(command)).toMatchFileSnapshot(`../../../test/golden/help/${name}.txt`);
});

test.each([
  ['recognise', 'facewright identify'],
  ['verify', 'facewright evaluate'],
  ['preview', 'facewright dataset preview'],
])('the word %s leads to "%s"', async (word, right) => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const program = createProgram().exitOverride();
  await expect(program.parseAsync(['node', 'facewright', word, '--model', 'x', 'photo.jpg'])).rejects.toThrow(right);
  told.mockRestore();
});

test('rejected values are not offered', () => {
  const format = createProgram()
    .commands.find((command) => command.name() === 'export')!
    .options.find(({ long }) => long === '--format')!;
  expect(format.argChoices).toEqual(['onnx', 'tfjs']);
});
