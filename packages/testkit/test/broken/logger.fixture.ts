/** Loggers that are wrong in one way each. */
import { definePlugin, type Logger } from '@facewright/core';
import { testLogger } from '@facewright/testkit';
import { appendFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { meta, options } from './shared.js';

const logger = (name: string, open: Logger['open']) =>
  testLogger(definePlugin({ meta: meta('logger', name), options, create: () => ({ open }) })());
const lines = (directory: string): string => join(directory, 'lines.txt');
logger('deaf-to-new-events', (directory) => ({
  reader: (event) => {
    if (event.type.startsWith('future')) throw new Error(`what is ${event.type}?`);
    appendFileSync(lines(directory), `${event.type}\n`);
  },
  close: () => {},
}));
logger('changes-events', (directory) => ({
  reader: (event) => appendFileSync(lines(directory), `${JSON.stringify(Object.assign(event, { seen: true }))}\n`),
  close: () => {},
}));
logger('starts-over', (directory) => {
  let [text, open] = ['', true];
  return {
    reader: ({ type }) => void (open && (text += `${type}\n`)),
    close: () => {
      open = false;
      writeFileSync(lines(directory), `${text.length} bytes\n${text}`);
    },
  };
});
let shared = '';
logger('shares-its-lines', (directory) => {
  let open = true;
  return {
    reader: ({ type }) => void (open && (shared += `${type}\n`)),
    close: () => {
      open = false;
      appendFileSync(lines(directory), shared);
    },
  };
});
logger('outside', (directory) => {
  let open = true;
  return {
    reader: ({ type }) => {
      if (open) for (const path of [directory, dirname(directory)]) appendFileSync(lines(path), `${type}\n`);
    },
    close: () => void (open = false),
  };
});

logger('cannot-close-empty', (directory) => {
  let open = true;
  let seen = 0;
  return {
    reader: ({ type }) => {
      seen++;
      if (open) appendFileSync(lines(directory), `${type}\n`);
    },
    close: () => {
      open = false;
      if (!seen) throw new Error('there was nothing');
    },
  };
});
