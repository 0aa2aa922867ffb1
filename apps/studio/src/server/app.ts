/** The server's routes. An error in a request only affects its response; the server continues. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@facewright/core';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { guard } from './guard.js';
import { sendRunFile } from './run-file.js';
import type { Runs } from './runs.js';
import { mtcnnWeights } from './weights.js';

export interface AppOptions {
  /** Directory of the built page. */
  readonly page: string;
  readonly runs: Runs | undefined;
  /** What the page must send to be allowed a change. */
  readonly token: string;
  readonly port: number;
}

/**
 * What the page may do, repeated in its own head: scripts and connections only to this server, so that no photo can be
 * sent anywhere.
 */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

export async function createApp({ page, runs, token, port }: AppOptions): Promise<Hono> {
  const index = withToken(await readFile(join(page, 'index.html'), 'utf8'), token);
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) context.res.headers.set(name, value);
  });
  app.use(guard(port, token));
  app.onError((error, context) => context.text(messageOf(error), 500));
  app.notFound((context) => context.text('There is no such file.', 404));

  for (const path of ['/', '/index.html']) app.get(path, (context) => context.html(index));
  app.get('/api/runs', async (context) => context.json((await runs?.list()) ?? []));
  app.get('/api/runs/:id/:file{.+}', async (context) => {
    const { id, file } = context.req.param();
    const opened = await runs?.open(id, file);
    return opened ? sendRunFile(opened, context.req.raw.headers, context.req.method) : context.notFound();
  });
  app.on(['GET', 'POST'], '/api/weights/mtcnn', (context) => mtcnnWeights({ fetch: context.req.method === 'POST' }));
  app.use(serveStatic({ root: page }));
  return app;
}

/** The served page, with the token in its head, where no other site can read it. */
const withToken = (page: string, token: string): string =>
  page.replace('<head>', `<head>\n    <meta name="facewright-token" content="${token}" />`);
