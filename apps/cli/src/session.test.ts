/** How a session ends: the message on standard error and the exit code. */
import { DeviceLost, FacewrightError, Interrupted } from '@facewright/core';
import { afterEach, expect, test, vi } from 'vitest';
import { RESUME, withSession } from './session.js';

const exitCode = process.exitCode;
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = exitCode;
});

async function endedBy(error: Error, options: { again?: string; json?: boolean } = {}) {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    vi.spyOn(process[name], 'write').mockImplementation((text) => ((texts[name] += String(text)), true));
  await withSession({ quiet: true, ...options }, () => Promise.reject(error));
  return { ...texts, code: process.exitCode };
}

test.each([
  ['after Ctrl-C', new Interrupted('photos'), /^Interrupted\.\n {2}where: photos\n {2}to do: (.*)\n$/, 130],
  ['without its device', new DeviceLost('The GPU', ''), /^error: The GPU was lost\.\n {2}to do: (.*)\n$/, 1],
])('a command that ends %s says how to continue with this command', async (_, error, text, code) => {
  const plain = await endedBy(error);
  expect(plain.code).toBe(code);
  expect(text.exec(plain.stderr)![1]).toBe('Run the same command again. It starts from the beginning.');
  vi.restoreAllMocks();
  expect(text.exec((await endedBy(error, { again: RESUME })).stderr)![1]).toBe(RESUME);
  vi.restoreAllMocks();
  const { stdout } = await endedBy(error, { again: RESUME, json: true });
  expect(JSON.parse(stdout)).toMatchObject({ error: { what: error.what, todo: RESUME } });
});

test('other errors keep their own advice', async () => {
  const { stderr, code } = await endedBy(new FacewrightError({ what: 'Broken.', todo: 'Mend it.' }));
  expect([stderr, code]).toEqual(['error: Broken.\n  to do: Mend it.\n', 1]);
});
