/** The studio's server against hostile programs and pages of other sites. */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStudio, type Studio } from '../src/server/index.js';

const EVENTS = '{"type":"run.started","at":1,"command":"run","seed":1,"config":{},"versions":{}}\n';

let root: string;
let studio: Studio;
let port: number;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'facewright-studio-'));
  const page = join(root, 'page');
  await mkdir(page);
  await writeFile(join(page, 'index.html'), '<!doctype html><html><head></head><body></body></html>');
  await writeFile(join(page, 'main.js'), 'export {};');
  await writeFile(join(root, 'secret.txt'), 'not to be seen');
  const runs = join(root, 'runs');
  await mkdir(join(runs, 'a run/model'), { recursive: true });
  await writeFile(join(runs, 'a run/events.jsonl'), EVENTS);
  await symlink(join(root, 'secret.txt'), join(runs, 'a run/report.html'));
  await mkdir(join(root, 'elsewhere'));
  await writeFile(join(root, 'elsewhere/model.json'), 'not to be seen');
  await mkdir(join(runs, 'b'));
  await writeFile(join(runs, 'b/events.jsonl'), EVENTS);
  await symlink(join(root, 'elsewhere'), join(runs, 'b/model'));
  await mkdir(join(runs, 'c'));
  await symlink('/etc/passwd', join(runs, 'c/events.jsonl'));
  studio = await startStudio({ directory: runs, port: 0, page });
  port = Number(new URL(studio.url).port);
});
afterAll(async () => {
  await studio.close();
  await rm(root, { recursive: true });
});

const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(new URL(path, studio.url), init);
const token = async (): Promise<string> => /token" content="([^"]{43})"/.exec(await (await get('/')).text())![1];

/** The server's response to raw bytes, for requests that `fetch` would not send. */
async function raw(bytes: string | Uint8Array, wait = 2000): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let said = '';
  socket.on('data', (part: Buffer) => (said += part.toString('latin1')));
  socket.on('error', () => undefined);
  socket.setTimeout(wait, () => socket.destroy());
  socket.end(bytes);
  await once(socket, 'close');
  return said;
}
const request = (line: string, headers: Record<string, string> = {}): Promise<string> => {
  const all = { host: `127.0.0.1:${port}`, connection: 'close', ...headers };
  return raw(
    `${line} HTTP/1.1\r\n${Object.entries(all)
      .map(([k, v]) => `${k}: ${v}\r\n`)
      .join('')}\r\n`,
  );
};
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);

describe('malformed requests', () => {
  test.each(['GET //', 'GET ///', 'GET /%', 'GET /%ff%fe', 'GET /..%2f..%2fsecret.txt', 'GET http://', 'GET *'])(
    '%s has its own response',
    async (line) => {
      expect(statusOf(await request(line))).toBeGreaterThanOrEqual(400);
      expect((await get('/')).status).toBe(200);
    },
  );

  test('files above the page and nonexistent runs are not found', async () => {
    for (const path of [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/api/runs/99/events.jsonl',
      '/api/runs/-1/events.jsonl',
      '/api/runs/0/constructor',
      '/api/runs/0/../b/events.jsonl',
      '/api/runs/__proto__/events.jsonl',
    ])
      expect([path, statusOf(await request(`GET ${path}`))]).toEqual([path, 404]);
  });

  test('a run without a model gives none', async () => {
    expect((await get('api/runs/0/model/model.json')).status).toBe(404);
    expect((await get('api/runs/0/model/weights.safetensors')).status).toBe(404);
  });
});

describe('links', () => {
  test('never lead out of a run directory', async () => {
    for (const path of ['0/report.html', '1/model/model.json', '2/events.jsonl']) {
      const answer = await get(`api/runs/${path}`);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(await answer.text()).not.toMatch(/not to be seen|root:/);
    }
    const listed = (await (await get('api/runs')).json()) as { name: string; report?: string; model?: object }[];
    expect(listed.map(({ name, report, model }) => [name, report, model])).toEqual([
      ['a run', undefined, undefined],
      ['b', undefined, undefined],
    ]);
  });
});

describe('pages of other sites', () => {
  const weights = 'api/weights/mtcnn';

  test('a change needs the token of the page', async () => {
    expect((await get(weights, { method: 'POST' })).status).toBe(403);
    expect((await get(weights, { method: 'POST', headers: { 'x-facewright-token': 'x'.repeat(43) } })).status).toBe(
      403,
    );
    // a route without a change, so that nothing is downloaded here
    expect((await get('api/runs', { method: 'POST', headers: { 'x-facewright-token': await token() } })).status).toBe(
      404,
    );
  });

  test('another origin, site or host name is rejected, even with the token', async () => {
    const own = { 'x-facewright-token': await token() };
    const tries: Record<string, string>[] = [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: `https://127.0.0.1:${port}` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { host: 'evil.example' },
      { host: `evil.example:${port}` },
      { host: '127.0.0.1' },
    ];
    for (const headers of tries)
      for (const line of [`POST /${weights}`, 'GET /api/runs', 'GET /'])
        expect([headers, line, statusOf(await request(line, { ...own, ...headers }))]).toEqual([headers, line, 403]);
  });

  test('a link from another site opens the page, but nothing else', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect(statusOf(await request('GET /', headers))).toBe(200);
    expect(statusOf(await request(`POST /${weights}`, headers))).toBe(403);
  });

  test('every response has the policy', async () => {
    for (const path of ['/', '/main.js', '/api/runs', '/nothing', '/api/runs/0/events.jsonl']) {
      const { headers } = await get(path);
      expect([path, headers.get('content-security-policy')]).toEqual([
        path,
        expect.stringContaining("default-src 'none'"),
      ]);
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    }
  });
});

describe('a log that grows', () => {
  test('is read from where the page left off', async () => {
    const first = await get('api/runs/0/events.jsonl');
    expect(await first.text()).toBe(EVENTS);
    const etag = first.headers.get('etag')!;
    const on = (from: number, tag = etag): Promise<Response> =>
      get('api/runs/0/events.jsonl', { headers: { range: `bytes=${from}-`, 'if-range': tag } });
    expect((await on(EVENTS.length)).status).toBe(416);
    const rest = await on(10);
    expect([rest.status, rest.headers.get('content-range')]).toEqual([
      206,
      `bytes 10-${EVENTS.length - 1}/${EVENTS.length}`,
    ]);
    expect(await rest.text()).toBe(EVENTS.slice(10));
    // a different log under the same name is sent whole
    const whole = await on(10, '"of another"');
    expect([whole.status, await whole.text()]).toEqual([200, EVENTS]);
  });

  test('a run that starts later is listed', async () => {
    await mkdir(join(root, 'runs/later'));
    await writeFile(join(root, 'runs/later/events.jsonl'), EVENTS);
    const listed = (await (await get('api/runs')).json()) as { name: string; size: number }[];
    expect(listed.find(({ name }) => name === 'later')?.size).toBe(EVENTS.length);
  });
});
