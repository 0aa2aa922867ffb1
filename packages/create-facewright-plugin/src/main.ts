/**
 * `npm create facewright-plugin <kind> <name>`: parses the command line, creates the package, and prints the next
 * steps.
 */
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { KINDS, scaffold, ScaffoldError, type Kind } from './scaffold.js';

export { filesOf, KINDS, ScaffoldError, type Kind } from './scaffold.js';

const HELP = `npm create facewright-plugin <kind> <name>

Creates the directory <name> with a package for a facewright plugin: a small working plugin, its tests, a README and a release workflow.

  <kind>  ${KINDS.join(', ')}
  <name>  the package's name, e.g. my-loss or @me/my-loss

Example:
  npm create facewright-plugin loss my-loss
  cd my-loss && npm install && npm test`;

/** Runs the command and returns the exit status. */
export function main(args: readonly string[]): number {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) {
      console.log(HELP);
      return 0;
    }
    const [kind, name, ...rest] = positionals;
    if (!kind || !name || rest.length) throw new ScaffoldError(`Give a kind and a name.\n\n${HELP}`);
    const directory = scaffold(kind as Kind, name, process.cwd());
    console.log(`Created ${directory}. Next:

  cd ${basename(directory)}
  npm install
  npm test         # the conformance suite for its kind
  npm run build    # also writes the README's table of options
  npm run bench    # times it beside built-in ones
  npm run lint     # checks what would be published

Comments in src/index.ts say what to change first.`);
    return 0;
  } catch (error) {
    if (!(error instanceof ScaffoldError || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS')))
      throw error;
    console.error((error as Error).message);
    return 2;
  }
}
