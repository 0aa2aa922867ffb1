/** The lines of `events.jsonl` as events; nothing in it needs Node. */
import { FacewrightError, type RunEvent } from '@facewright/core';

/** The events of a log's text, in order. A last line without its end is left out; a damaged line is an error that names it. */
export function parseEvents(text: string, where: string): RunEvent[] {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.flatMap((line, index) => {
    if (!line) return [];
    try {
      return [JSON.parse(line) as RunEvent];
    } catch (cause) {
      throw new FacewrightError({
        what: `${where}:${index + 1} is not an event.`,
        todo: 'Take the file from where the run wrote it.',
        cause,
      });
    }
  });
}
