/** The tool's entry point: parses the command line and runs the command. */
import { createProgram } from './program.js';

// a reader that stops early (`| head`) is not an error
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

// errors no command waits for, e.g. from a stream to a full disk
process.on('uncaughtException', (error) => {
  void import('./shown-error.js')
    .then(
      ({ shownError }) => shownError(error).text,
      () => incomplete(error),
    )
    .then((text) => {
      process.stderr.write(`${text}\n`);
      process.exit(1);
    });
});

/** Where a file of the installation is missing, the module with the usual text for errors may be out of reach as well. */
const incomplete = (error: Error): string =>
  `error: facewright cannot load all of its files: ${error.message}\n  to do: Install it again (npm ci); in a checkout, build it again (npm run build).`;

await createProgram().parseAsync();
