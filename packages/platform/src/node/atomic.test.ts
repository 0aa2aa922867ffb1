/** Files are complete or absent: after a failure, with concurrent writers, and after a kill. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeFileAtomic } from './atomic.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facewright atomic '));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test('writes text and bytes, creates directories, replaces a file, and leaves nothing else', async () => {
  const path = join(directory, 'a/b/file.txt');
  await writeFileAtomic(path, 'first');
  await writeFileAtomic(path, Uint8Array.of(104, 105));
  expect(await readFile(path, 'utf8')).toBe('hi');
  expect(await readdir(join(directory, 'a/b'))).toEqual(['file.txt']);
});

test('a failure keeps the old file and leaves nothing behind', async () => {
  const path = join(directory, 'kept');
  await mkdir(join(path, 'is-a-directory'), { recursive: true }); // a file cannot replace a directory
  await expect(writeFileAtomic(path, 'new')).rejects.toThrow();
  expect((await readdir(directory)).filter((name) => name.includes('partial'))).toEqual([]);
  expect(await readdir(path)).toEqual(['is-a-directory']);
});

test('with concurrent writers, the last one’s file is complete', async () => {
  const path = join(directory, 'many');
  const texts = Array.from({ length: 8 }, (_, i) => String(i).repeat(100_000));
  await Promise.all(texts.map((text) => writeFileAtomic(path, text)));
  expect(texts).toContain(await readFile(path, 'utf8'));
});

test('a killed writer leaves the complete old file or the complete new one', async () => {
  const path = join(directory, 'killed');
  const size = 4_000_000;
  const script = `
    import { writeFileAtomic } from ${JSON.stringify(fileURLToPath(new URL('./atomic.ts', import.meta.url)))};
    await writeFileAtomic(process.argv[2], 'A'.repeat(${size}));
    process.stdout.write('ready');
    for (let i = 0; ; i++) await writeFileAtomic(process.argv[2], (i % 2 ? 'A' : 'B').repeat(${size}));
  `;
  const file = join(directory, 'writer.ts');
  await writeFile(file, script);
  const runner = `import { createJiti } from ${JSON.stringify(import.meta.resolve('jiti'))}; await createJiti(import.meta.url).import(process.argv[1]);`;
  for (const delay of [1, 7, 19, 42]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', runner, file, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await new Promise((resolve) => setTimeout(resolve, delay));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    const text = await readFile(path, 'utf8');
    expect(text.length).toBe(size);
    expect(new Set([text[0], text[size / 2], text[size - 1]]).size).toBe(1);
  }
  // the next process that writes there removes what the kills left
  const child = spawn(process.execPath, ['--input-type=module', '-e', runner, file, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const left = (await readdir(directory)).filter((name) => name.endsWith('.partial'));
  expect(left.filter((name) => !name.includes(`-${child.pid}-`))).toEqual([]);
  child.kill('SIGKILL');
});
