/** Individual checkpoints: which are kept, which are accepted, and what is reported about damaged or foreign ones. */
import { hostScalar, type PluginReference } from '@facewright/core';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { recorded } from '../../test/recorded.js';
import {
  Checkpoints,
  checkpointSteps,
  isBetter,
  nameOf,
  readCheckpoint,
  underOwnName,
  type Position,
} from './checkpoints.js';
import { readIdentities, writeIdentities } from './identities.js';
import { digestOf, digestOfList } from './digest.js';

const root = await mkdtemp(join(tmpdir(), 'facewright-checkpoints-'));
afterAll(() => rm(root, { recursive: true }));
let directory: string;
let next = 0;
beforeEach(() => {
  directory = join(root, String(next++));
});

const record = { steps: 3, recent: [0.5, 0.25], setbacks: 1, memories: [{ count: 2 }] };
const details = {
  epoch: 0,
  batchInEpoch: 1,
  rate: 0.1,
  about: {
    model: { name: 'tiny', options: { width: 1 } },
    alignment: { fingerprint: 'template', size: 6 },
    loss: { name: 'cosine', m: 0.5 },
  },
};
const open = (keep = 2, fingerprint = { model: 'm', seed: 's' } as Record<string, string>) => {
  const { events, emit } = recorded();
  return { events, checkpoints: new Checkpoints(directory, keep, fingerprint, emit) };
};
const at = (step: number, more: Partial<Position> = {}): Position => ({ step, stage: 1, record, ...more });
const write = (checkpoints: Checkpoints, step: number, more: Partial<Position> = {}): Promise<string> =>
  checkpoints.write({ position: at(step, more), state: { a: hostScalar(step) } }, details);
const steps = (): Promise<number[]> => checkpointSteps(directory);

test('a checkpoint returns its position, its tensors and its description', async () => {
  const { checkpoints, events } = open();
  const position = at(7, { best: { step: 5, accuracy: 0.9, loss: 0.2 }, anchor: 4 });
  const path = await write(checkpoints, 7, position);
  expect(path).toBe(join(directory, '00000007'));
  expect(await readCheckpoint(path)).toEqual({
    position,
    state: { a: hostScalar(7) },
    about: details.about,
    fingerprint: { model: 'm', seed: 's' },
  });
  expect(await checkpoints.at(7)).toMatchObject({ position });
  expect(await checkpoints.at(8)).toBeUndefined();
  expect(events).toMatchObject([{ type: 'checkpoint.written', path, stage: 1, step: 7 }]);
  await write(checkpoints, 8);
  expect((await checkpoints.latest())!.position).toEqual(at(8)); // neither a best checkpoint nor one to return to
});

describe('of all written checkpoints', () => {
  test('the last few are kept', async () => {
    const { checkpoints } = open(3);
    for (const step of [2, 4, 6, 8, 10]) await write(checkpoints, step);
    expect(await steps()).toEqual([10, 8, 6]);
  });

  test('the best one and the one to return to are kept too', async () => {
    const { checkpoints } = open(1);
    for (const step of [2, 4, 6, 8])
      await write(checkpoints, step, { best: { step: 2, accuracy: 1, loss: 0 }, anchor: 4 });
    expect(await steps()).toEqual([8, 4, 2]);
    await write(checkpoints, 10);
    expect(await steps()).toEqual([10]);
  });

  test('later and incomplete ones are ignored and deleted; other files stay', async () => {
    const { checkpoints } = open(2);
    for (const step of [2, 4]) await write(checkpoints, step);
    for (const name of ['00000099', '00000006.partial', '00000002.former', 'notes', '12x'])
      await mkdir(join(directory, name));
    await write(checkpoints, 5);
    expect((await readdir(directory)).sort()).toEqual(['00000004', '00000005', '12x', 'notes']);
  });
});

describe('the newest', () => {
  test('is found by number, regardless of the order of names', async () => {
    const { checkpoints } = open(5);
    for (const step of [9, 10, 100]) await write(checkpoints, step);
    expect((await checkpoints.latest())!.position.step).toBe(100);
    expect([nameOf(9), nameOf(123_456_789)]).toEqual(['00000009', '123456789']);
  });

  test('is undefined if the directory does not exist', async () => {
    const { checkpoints } = open();
    expect(await checkpoints.latest()).toBeUndefined();
    await checkpoints.requireNone();
  });

  test('that is damaged is skipped with a notice, whichever part is damaged', async () => {
    const { checkpoints, events } = open(9);
    for (const step of [1, 2, 3, 4, 5]) await write(checkpoints, step);
    const file = (step: number, name: string): string => join(directory, nameOf(step), name);
    await truncate(file(5, 'state.safetensors'), 10);
    const bytes = await readFile(file(4, 'state.safetensors'));
    bytes[bytes.length - 1] ^= 1;
    await writeFile(file(4, 'state.safetensors'), bytes);
    await writeFile(
      file(3, 'state.json'),
      (await readFile(file(3, 'state.json'), 'utf8')).replace('"rate": 0.1', '"rate": 0.2'),
    );
    await rm(file(2, 'state.json'));
    expect((await checkpoints.latest())!.position.step).toBe(1);
    const notices = events.flatMap((event) => (event.type === 'notice' ? [event.message] : []));
    expect(notices).toHaveLength(4);
    expect(notices[0]).toMatch(/00000005.*10 bytes instead of/);
    expect(notices[1]).toMatch(/00000004.*state\.safetensors has changed/);
    expect(notices[2]).toMatch(/00000003.*state\.json has changed/);
    expect(notices[3]).toMatch(/00000002.*ENOENT/);
  });

  test('where all are damaged is an error with their number', async () => {
    const { checkpoints } = open(9);
    for (const step of [1, 2]) await rm(join(await write(checkpoints, step), 'state.json'));
    await expect(checkpoints.latest()).rejects.toThrow('None of the 2 checkpoints can be read.');
  });

  test('of another training is an error that names the differences, in both directions', async () => {
    await write(open().checkpoints, 3);
    await expect(open(2, { model: 'm', seed: 'other' }).checkpoints.latest()).rejects.toThrow(
      'different training: seed changed',
    );
    await expect(open(2, { model: 'm' }).checkpoints.latest()).rejects.toThrow('different training: seed changed');
    await expect(open(2, { model: 'm', seed: 's', flip: 'f' }).checkpoints.latest()).rejects.toThrow(
      'different training: flip changed',
    );
    await expect(open().checkpoints.requireNone()).rejects.toThrow('already holds a training, at step 3');
  });

  test('from an earlier version that said "makings" for the fingerprint is still accepted', async () => {
    const path = await write(open().checkpoints, 3);
    const {
      sha256: _,
      fingerprint,
      ...content
    } = JSON.parse(await readFile(join(path, 'state.json'), 'utf8')) as Record<string, unknown>;
    const older = { ...content, makings: fingerprint };
    await writeFile(join(path, 'state.json'), JSON.stringify({ ...older, sha256: digestOf(older) }));
    expect((await open().checkpoints.latest())!.position.step).toBe(3);
  });
});

test('the best has the higher accuracy or, if equal, the lower loss', () => {
  const best = { accuracy: 0.9, loss: 0.5 };
  expect(isBetter(best, undefined)).toBe(true);
  expect(isBetter({ accuracy: 0.91, loss: 9 }, best)).toBe(true);
  expect(isBetter({ accuracy: 0.9, loss: 0.4 }, best)).toBe(true);
  expect(isBetter(best, best)).toBe(false);
  expect(isBetter({ accuracy: 0.89, loss: 0 }, best)).toBe(false);
});

test("a part is recorded under its plugin's own name with its options", () => {
  expect(underOwnName('./my-loss.ts' as PluginReference, 'mine')).toBe('mine');
  expect(underOwnName({ name: './my-loss.ts', m: 0.5 } as unknown as PluginReference, 'mine')).toEqual({
    name: 'mine',
    m: 0.5,
  });
});

test('the list of people belongs to its training', async () => {
  await mkdir(directory);
  const people = ['Ann', 'Bob'];
  expect(await readIdentities(directory, digestOfList(people))).toBeUndefined();
  await writeIdentities(directory, people);
  expect(await readIdentities(directory, digestOfList(people))).toEqual(people);
  expect(await readIdentities(directory, digestOfList(['Bob', 'Ann']))).toBeUndefined();
  expect(await readIdentities(directory, undefined)).toBeUndefined();
  await writeFile(join(directory, 'identities.json'), '{"format":1}');
  expect(await readIdentities(directory, digestOfList(people))).toBeUndefined();
});
