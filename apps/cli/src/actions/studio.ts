/**
 * Implements `facewright studio`: a page that shows runs, matches faces and trains in the browser, served only on this
 * machine.
 */
import { once } from 'node:events';
import { linkTo } from '../links.js';
import { withSession } from '../session.js';

interface StudioFlags {
  readonly port: number;
  readonly open: boolean;
}

export default (directory: string | undefined, { port, open }: StudioFlags) =>
  withSession({ waits: true }, async ({ signal, print }) => {
    const { startStudio } = await import('@facewright/studio');
    const studio = await startStudio({
      directory,
      port,
      onNotice: (message) => void process.stderr.write(`${message}\n`),
    });
    print(`The studio is open at ${linkTo(studio.url)} (press Ctrl-C to stop).`);
    if (open) await (await import('../open-browser.js')).openBrowser(studio.url);
    if (!signal.aborted) await once(signal, 'abort');
    await studio.close();
    return { json: {} };
  });
