/** `facewright studio`: the page that looks at runs, matches faces and trains in the browser, served on this machine alone. */
import { once } from 'node:events';
import { InvalidArgumentError, type Command } from 'commander';
import { startStudio } from '@facewright/studio';
import { withSession } from '../session.js';

export function addStudio(program: Command): void {
  program
    .command('studio')
    .description('open runs in the browser, match faces and train there: serves a page to this machine alone')
    .argument('[directory]', 'a run directory, or one that holds several: opened and compared on the page')
    .option('--port <number>', 'port of the page', wholePort, 4179)
    .addHelpText(
      'after',
      `
Photos that are given to the page stay in it: the server takes none, and the page may send nothing anywhere else. Ctrl-C ends it.

Examples:
  facewright studio
  facewright studio run/
  facewright studio runs/ --port 8080`,
    )
    .action((directory: string | undefined, { port }: { port: number }) =>
      withSession({}, async ({ signal, print }) => {
        const studio = await startStudio({ directory, port });
        print(`The page is at ${studio.url}  (Ctrl-C ends it)`);
        if (!signal.aborted) await once(signal, 'abort');
        await studio.close();
        return { json: {} };
      }),
    );
}

function wholePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('A port is a whole number up to 65535; 0 takes any that is free.');
  return port;
}
