/** The tool's entry: reads the command line and runs the command. */
import { createProgram } from './program.js';

// a reader that has seen enough (`| head`) is no error
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

// what no command waits for, e.g. a stream to a disk that is full
process.on('uncaughtException', (error) => {
  void import('./session.js').then(({ errorText }) => {
    process.stderr.write(`${errorText(error)}\n`);
    process.exit(1);
  });
});

await createProgram().parseAsync();
