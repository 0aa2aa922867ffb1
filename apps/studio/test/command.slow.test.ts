/** `facewright studio` when the page was never built, as in a fresh clone after `npm ci && npm start`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const path = (from: string): string => fileURLToPath(new URL(from, import.meta.url));

test('the page is built once, served, and stopped by Ctrl-C', async () => {
  await rm(path('../dist/page'), { recursive: true, force: true });
  const tool = spawn(process.execPath, [path('../../cli/bin/facewright.js'), 'studio', '--port', '0', '--no-open']);
  let [out, err] = ['', ''];
  tool.stderr.on('data', (part: Buffer) => (err += part.toString()));
  tool.stdout.on('data', (part: Buffer) => (out += part.toString()));
  try {
    await expect
      .poll(() => out || tool.exitCode, { timeout: 90_000, interval: 100 })
      .toMatch(/^The studio is open at /);
    expect(err).toContain('Building the page, once …');
    const [url] = /http:\/\/127\.0\.0\.1:\d+\//.exec(out)!;
    const page = await (await fetch(url)).text();
    const [, script] = /src="\.\/(assets\/[^"]+\.js)"/.exec(page)!;
    const loaded = await fetch(new URL(script, url));
    expect([loaded.status, loaded.headers.get('content-type')]).toEqual([200, expect.stringContaining('javascript')]);
  } finally {
    tool.kill('SIGINT');
    if (tool.exitCode === null) await once(tool, 'exit');
  }
  expect(tool.exitCode).toBe(0);
});
