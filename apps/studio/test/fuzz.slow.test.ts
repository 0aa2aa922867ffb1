/**
 * 10,000 seeded requests over raw sockets, most of them damaged: the studio answers or closes each in time, and stays
 * up.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@facewright/core';
import { expect, test } from 'vitest';
import { startStudio } from '../src/server/index.js';

const REQUESTS = 10_000;
const AT_ONCE = 64;
const TOO_LONG_MS = 5000;

const METHODS = [
  'GET',
  'GET',
  'GET',
  'GET',
  'GET',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PATCH',
  'get',
  'X',
];
const PATHS = [
  '/',
  '//',
  '/index.html',
  '/main.js',
  '/api/runs',
  '/api/runs/0/events.jsonl',
  '/api/runs/0/model/model.json',
  '/api/runs/0/report.html',
  '/../../etc/passwd',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/api/runs/0/%00',
  'http://[::1',
  'http://user:pw@127.0.0.1//',
  '*',
  '?',
  '/\\\\evil',
];
const HEADERS = [
  'host: evil.example',
  'host: [',
  'content-length: 5',
  'content-length: 99999999999999999999',
  'content-length: -1',
  'transfer-encoding: chunked',
  'transfer-encoding: gzip, chunked',
  'expect: 100-continue',
  'connection: upgrade\r\nupgrade: websocket',
  'range: bytes=0-',
  'range: bytes=5-\r\nif-range: "x"',
  'range: bytes=999999999999999-',
  'origin: null',
  'sec-fetch-site: cross-site',
  'x-facewright-token: aaaaaaaa',
  `x-long: ${'a'.repeat(20_000)}`,
  'accept-encoding: gzip, br',
  'if-modified-since: never',
  'bad header',
  ': nothing',
];

/** One request's bytes: assembled from good and bad parts and, every second time, damaged in places. */
function requestOf(seed: number, port: number): Buffer {
  const random = createRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.uniform() * list.length)];
  const lines = [`${pick(METHODS)} ${pick(PATHS)} HTTP/${pick(['1.1', '1.1', '1.1', '1.1', '1.0', '2.0'])}`];
  if (random.uniform() < 0.9) lines.push(`host: 127.0.0.1:${port}`);
  for (let i = pick([0, 0, 0, 1, 2]); i > 0; i--) lines.push(pick(HEADERS));
  const body = pick(['', '', '', '', '', '', 'hello', '5\r\nhello\r\n0\r\n\r\n', 'zz\r\n', '{"a":1}']);
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
  if (random.uniform() < 0.5) return bytes;
  for (let i = Math.ceil(random.uniform() * 6); i > 0; i--)
    bytes[Math.floor(random.uniform() * bytes.length)] = Math.floor(random.uniform() * 256);
  return random.uniform() < 0.2 ? bytes.subarray(0, Math.floor(random.uniform() * bytes.length)) : bytes;
}

function send(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let said = '';
    const timer = setTimeout(
      () => (socket.destroy(), reject(new Error(`no end: ${JSON.stringify(bytes.toString('latin1').slice(0, 300))}`))),
      TOO_LONG_MS,
    );
    socket.on('data', (part: Buffer) => (said += part.toString('latin1')));
    socket.on('error', () => undefined); // closing the connection counts as an answer
    socket.on('close', () => (clearTimeout(timer), resolve(said)));
    socket.end(bytes);
  });
}

test(`${REQUESTS} requests leave it up`, async () => {
  const root = await mkdtemp(join(tmpdir(), 'facewright-fuzz-'));
  const page = join(root, 'page');
  await mkdir(page);
  await writeFile(join(page, 'index.html'), '<!doctype html><html><head></head></html>');
  await writeFile(join(page, 'main.js'), 'export {};');
  await mkdir(join(root, 'runs'));
  await writeFile(join(root, 'runs/events.jsonl'), '{"type":"run.finished","at":1,"seconds":1}\n');
  const studio = await startStudio({ directory: join(root, 'runs'), port: 0, page });
  const port = Number(new URL(studio.url).port);
  const answers: Record<string, number> = {};
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < REQUESTS) {
      const seed = next++;
      const said = await send(port, requestOf(seed, port));
      expect(said, `seed ${seed}`).not.toContain('root:x:');
      const status = /^HTTP\/1\.1 (\d{3})/.exec(said)?.[1] ?? 'none';
      answers[status] = (answers[status] ?? 0) + 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, sender));
    // all kinds occurred: accepted, rejected and malformed
    for (const status of ['200', '400', '403', '404']) expect(answers[status], status).toBeGreaterThan(100);
    expect(answers['500'] ?? 0).toBe(0);
    expect((await fetch(studio.url)).status).toBe(200);
  } finally {
    await studio.close();
    await rm(root, { recursive: true });
  }
});
