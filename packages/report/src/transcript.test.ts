/** What a run shows on a terminal of 80 columns from its start to its verdict, kept as a file that a person has looked at. */
import { expect, test } from 'vitest';
import { sampleEvents } from '../test/sample-events.js';
import { createConsole } from './console.js';
import { historyOf } from './history.js';
import { judgeRun } from './judge-run.js';
import { verdictText } from './verdict-text.js';

/** What is left on a screen: a line that was drawn over is gone. */
const screen = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.split('\r').at(-1)!.replaceAll('\u001b[K', ''))
    .join('\n');

test('a run on a terminal of 80 columns reads as it was last looked at', async () => {
  let text = '';
  const view = createConsole({ stream: { isTTY: true, columns: 80, write: (part) => (text += part) }, colour: false });
  const events = sampleEvents();
  events.forEach(view.reader);
  view.close();
  const verdict = judgeRun(historyOf(events), { nameOf: (path) => path })!;
  const shown = screen(text) + verdictText(verdict, { columns: 80 });
  for (const line of shown.split('\n'))
    if (!line.startsWith('  facewright ')) expect([...line].length, line).toBeLessThanOrEqual(80);
  await expect(shown).toMatchFileSnapshot('../test/golden/run.txt');
});
