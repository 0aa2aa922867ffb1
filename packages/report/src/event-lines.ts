/** Parses the lines of `events.jsonl`. Does not need Node. */
import { FacewrightError, type RunEvent } from '@facewright/core';

/**
 * The events in a log, in order. An incomplete last line is dropped; a damaged line is an error that names it. `before`:
 * lines of the file before this text.
 */
export function parseEvents(text: string, where: string, before = 0): RunEvent[] {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.flatMap((line, index) => {
    if (!line) return [];
    try {
      return [JSON.parse(line) as RunEvent];
    } catch (cause) {
      throw new FacewrightError({
        what: `${where}:${before + index + 1} is not an event.`,
        todo: 'Use the original file from the run directory.',
        cause,
      });
    }
  });
}
