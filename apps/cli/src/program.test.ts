import { expect, test, vi } from 'vitest';
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
