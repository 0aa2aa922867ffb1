/**
 * `facewright studio`: a page that shows runs, matches faces and trains in the browser, served only on this machine.
 */
import { InvalidArgumentError, type Command } from 'commander';
import { lazily } from '../lazily.js';

export function addStudio(program: Command): void {
  program
    .command('studio')
    .description('open runs in the browser, match faces, and train there')
    .argument('[directory]', 'a run directory, or one that contains several; runs in progress are followed')
    .option('--port <number>', 'port of the page; 0 picks any free one', wholePort, 4179)
    .option('--no-open', 'only print the link, do not open the browser')
    .addHelpText(
      'after',
      `
The page is served to this machine only, and photos never leave it. Ctrl-C ends it.

Examples:
  facewright studio
  facewright studio run/
  facewright studio runs/ --port 8080 --no-open`,
    )
    .action(lazily(() => import('../actions/studio.js')));
}
function wholePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('The port must be an integer up to 65535; 0 picks any free one.');
  return port;
}
