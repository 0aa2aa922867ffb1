/** Opens a URL in the user's browser, if there is one. */
import type { ChildProcess } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import open from 'open';

/** Why no browser is opened here, in words; `undefined` if one can be. */
export function noBrowserReason(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
  terminal: boolean = Boolean(process.stdout.isTTY),
): string | undefined {
  if (env.CI) return 'this is a CI job';
  if (!terminal) return 'the output is not a terminal';
  if (env.SSH_CONNECTION) return 'this is a remote session';
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return 'there is no display';
  return undefined;
}

/** What opens the URL ends soon where it finds no browser; where it finds one, it may last as long as the browser. */
const PATIENCE_MS = 2000;

/** Returns whether a browser was started. Failure is not an error, because the URL is printed anyway. */
export async function openBrowser(url: string, patienceMs = PATIENCE_MS): Promise<boolean> {
  if (noBrowserReason() !== undefined) return false;
  return open(url).then(
    (child) => started(child, patienceMs),
    () => false,
  );
}

const started = (child: ChildProcess, patienceMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const waiting = setTimeout(resolve, patienceMs, true);
    const end = (found: boolean): void => {
      clearTimeout(waiting);
      resolve(found);
    };
    child.on('error', () => end(false));
    child.on('exit', (code) => end(code === 0));
  });

/** Opens a page written by a command, for `--open`, or says why no browser can be opened. */
export async function openPage(path: string, print: (text: string) => void, patienceMs?: number): Promise<void> {
  const reason = noBrowserReason();
  if (reason !== undefined) print(`Not opening the page: ${reason}.`);
  else if (!(await openBrowser(pathToFileURL(path).href, patienceMs)))
    print('Not opening the page: no browser was found.');
}
