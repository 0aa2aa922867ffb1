#!/usr/bin/env node
// Serves the page: studio.js [run directory] [--port <number>]
import { parseArgs } from 'node:util';
import { startStudio } from '../dist/server/index.js';

try {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { port: { type: 'string' } } });
  const { url } = await startStudio({
    directory: positionals[0],
    onNotice: (message) => console.error(message),
    ...(values.port !== undefined && { port: Number(values.port) }),
  });
  console.log(`The studio is open at ${url} (press Ctrl-C to stop).`);
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
