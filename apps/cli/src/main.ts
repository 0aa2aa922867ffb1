/** The tool's entry point: parses the command line and runs the command. */
import { createProgram } from './program.js';

// a reader that stops early (`| head`) is not an error
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

// errors no command waits for, e.g. from a stream to a full disk
process.on('uncaughtException', (error) => {
  void import('./session.js').then(({ errorText }) => {
    process.stderr.write(`${errorText(error)}\n`);
    process.exit(1);
  });
});

await createProgram().parseAsync();
