import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { noBrowserReason, openPage } from './open-browser.js';

test('a browser is opened only where a person can see it', () => {
  expect(noBrowserReason({ DISPLAY: ':0' }, 'linux', true)).toBeUndefined();
  expect(noBrowserReason({ WAYLAND_DISPLAY: 'wayland-0' }, 'linux', true)).toBeUndefined();
  expect(noBrowserReason({}, 'darwin', true)).toBeUndefined();
  expect(noBrowserReason({}, 'win32', true)).toBeUndefined();
  expect(noBrowserReason({}, 'linux', true)).toBe('there is no display');
  expect(noBrowserReason({ DISPLAY: ':0', CI: 'true' }, 'linux', true)).toBe('this is a CI job');
  expect(noBrowserReason({ DISPLAY: ':0' }, 'linux', false)).toBe('the output is not a terminal');
  expect(noBrowserReason({ SSH_CONNECTION: 'a' }, 'darwin', true)).toBe('this is a remote session');
});

describe.skipIf(process.platform !== 'linux')('--open, on Linux', () => {
  const terminal = Object.getOwnPropertyDescriptor(process.stdout, 'isTTY');
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'facewright-open-'));
    Object.defineProperty(process.stdout, 'isTTY', { value: true, configurable: true });
    for (const name of ['CI', 'SSH_CONNECTION', 'XDG_CURRENT_DESKTOP', 'DESKTOP_SESSION']) vi.stubEnv(name, '');
    vi.stubEnv('DISPLAY', ':none');
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    Object.defineProperty(process.stdout, 'isTTY', terminal ?? { value: undefined, configurable: true });
    await rm(root, { recursive: true });
  });

  /** On a busy machine the browser may take a while to end. */
  const ENDS_MS = 60_000;

  /** Opens a page with a browser that does this. */
  async function opened(script: string): Promise<string[]> {
    const browser = join(root, 'browser');
    await writeFile(browser, `#!/bin/sh\n${script}\n`);
    await chmod(browser, 0o755);
    vi.stubEnv('BROWSER', browser);
    const told: string[] = [];
    await writeFile(join(root, 'a report.html'), '');
    await openPage(join(root, 'a report.html'), (text) => told.push(text), ENDS_MS);
    return told;
  }

  test('the page is given to the browser, and nothing is said', { timeout: ENDS_MS }, async () => {
    expect(await opened(`echo "$1" > '${root}/url'`)).toEqual([]);
    expect(await readFile(join(root, 'url'), 'utf8')).toContain('/a%20report.html');
  });

  test('where no browser can be started, it says so', { timeout: ENDS_MS }, async () => {
    expect(await opened('exit 1')).toEqual(['Not opening the page: no browser was found.']);
  });
});
