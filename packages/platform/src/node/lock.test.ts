/** Who is rejected, who takes over, and what is left behind, with locks as other processes would have written them. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FacewrightError } from '@facewright/core';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { lockDirectory, lockedDirectories } from './lock.js';
import { STALE_MS, thisProcess } from './process-identity.js';

const roots: string[] = [];
let root: string;
let directory: string;
beforeEach(async () => {
  roots.push((root = await mkdtemp(join(tmpdir(), 'facewright lock '))));
  directory = join(root, 'dataset');
});
afterAll(() => Promise.all(roots.map((path) => rm(path, { recursive: true, force: true }))));

const OWNER = {
  ...thisProcess(),
  id: '0123456789abcdef',
  host: 'gpu7',
  command: 'facewright prepare',
  since: '2026-11-29T10:00:00.000Z',
};
const deadPid = (): number => spawnSync('true').pid;
const leave = (owner: object, name = 'dataset.lock'): Promise<void> =>
  writeFile(join(root, name), `${JSON.stringify(owner)}\n`);
const old = (age: number): Promise<void> => utimes(join(root, 'dataset.lock'), new Date(), new Date(Date.now() - age));
const refusal = async (): Promise<FacewrightError> =>
  lockDirectory(directory).then(
    () => expect.fail('the lock was taken'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(FacewrightError);
      return error as FacewrightError;
    },
  );

/** Takes the lock, and checks that nothing is left behind. */
async function expectTaken(): Promise<void> {
  const lock = await lockDirectory(directory);
  lock.requireHeld();
  expect((await readdir(root)).filter((name) => name.includes('lock'))).toEqual(['dataset.lock']);
  lock.release();
  expect(await readdir(root)).toEqual([]);
}

test('a lock exists until it is released, and its directory is listed meanwhile', async () => {
  const lock = await lockDirectory(directory);
  expect(JSON.parse(await readFile(`${directory}.lock`, 'utf8'))).toMatchObject(thisProcess());
  expect(lockedDirectories()).toContain(directory);
  expect((await refusal()).what).toBe('This process is already writing here.');
  lock.release();
  lock.release();
  expect(lockedDirectories()).toEqual([directory]); // the last holder
  expect(await readdir(root)).toEqual([]);
});

test('all names of a directory share one lock', async () => {
  await mkdir(directory);
  await symlink(directory, join(root, 'link'));
  const lock = await lockDirectory(join(root, 'link'));
  await refusal();
  lock.release();
});

test('inside a directory: created for it, and removed if it stayed empty', async () => {
  const lock = await lockDirectory(directory, { inside: true });
  expect(await readdir(directory)).toEqual(['.facewright.lock']);
  lock.release();
  expect(await readdir(root)).toEqual([]);
  await mkdir(directory);
  (await lockDirectory(directory, { inside: true })).release();
  expect(await readdir(root)).toEqual(['dataset']); // the user's own directory stays
});

test('a waiting process gets it when it is free', async () => {
  const lock = await lockDirectory(directory);
  setTimeout(() => lock.release(), 150);
  (await lockDirectory(directory, { wait: 5000 })).release();
});

test('names another process that is running', async () => {
  await leave({ ...OWNER, pid: process.ppid, started: '' }); // a system that does not report when a process started
  const { what, where, todo } = await refusal();
  expect(what).toBe(
    `Another process is writing here: facewright prepare, process ${process.ppid}, since 2026-11-29T10:00:00.000Z.`,
  );
  expect(where).toBe(directory);
  expect(todo).toMatch(/kill \d+.*another directory/);
});

test('takes over from a dead owner', async () => {
  await leave({ ...OWNER, pid: deadPid() });
  await expectTaken();
});

test.skipIf(process.platform === 'win32')(
  "a process that reuses a dead owner's pid is not mistaken for it",
  async () => {
    await leave({ ...OWNER, started: '1' });
    await expectTaken();
  },
);

test('a process on another machine is judged by its heartbeat', async () => {
  const other = { ...OWNER, machine: 'ffffffffffff', pid: deadPid() };
  await leave(other);
  const { what, todo } = await refusal();
  expect(what).toContain(`process ${other.pid} on gpu7`);
  expect(todo).toContain('10 minutes after its last update');
  await old(STALE_MS - 30_000);
  await refusal();
  await old(STALE_MS + 30_000);
  await expectTaken();
});

test('waits for a damaged lock, then takes it over', async () => {
  for (const text of ['not JSON', '{"id":"x"}', '{"pid":-1}', '']) {
    await writeFile(join(root, 'dataset.lock'), text);
    await old(70_000);
    await expectTaken();
  }
  await writeFile(join(root, 'dataset.lock'), '');
  await old(40_000);
  // a clock on which a second passes at each look, because it waits five for whoever may be writing it
  let now = Date.now();
  const looks = vi.spyOn(Date, 'now').mockImplementation(() => (now += 1000));
  try {
    expect((await refusal()).todo).toContain('delete this file');
    expect(looks.mock.calls.length).toBeGreaterThanOrEqual(5);
  } finally {
    looks.mockRestore();
  }
});

test('a process killed while taking over is no obstacle, nor is a second one', async () => {
  const pid = deadPid();
  await leave({ ...OWNER, pid });
  await leave({ ...OWNER, pid, id: '1111111111111111' }, 'dataset.lock.0123456789abcdef');
  await leave({ ...OWNER, pid, id: '2222222222222222' }, 'dataset.lock.0123456789abcdef.1111111111111111');
  await leave({ ...OWNER, pid, id: '3333333333333333' }, 'dataset.lock.3333333333333333.new');
  const lock = await lockDirectory(directory);
  expect(await readdir(root)).toEqual(['dataset.lock']);
  lock.release();
});

test('a process whose lock was taken over is told, and leaves the new one alone', async () => {
  const lock = await lockDirectory(directory);
  await leave({ ...OWNER, pid: process.ppid, machine: 'ffffffffffff' });
  expect(() => lock.requireHeld()).toThrow(/taken over/);
  lock.release();
  expect(await readdir(root)).toEqual(['dataset.lock']);
});
