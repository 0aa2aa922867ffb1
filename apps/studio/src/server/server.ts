/** Answers the page's questions over HTTP on the loopback interface; whoever asks under another name than this machine's is refused. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FacewrightError, messageOf } from '@facewright/core';
import { openPage, type Answer } from './page-files.js';
import { findRuns, runFile } from './runs.js';
import { mtcnnWeights } from './weights.js';

export interface StudioOptions {
  /** A run directory, or a directory of them. */
  readonly directory?: string;
  /** 0: any that is free. */
  readonly port?: number;
}

export interface Studio {
  /** `http://127.0.0.1:<port>/` */
  readonly url: string;
  close(): Promise<void>;
}

/** What the page may do, said again in its own head: scripts and answers of this server only, so that no photo can be sent anywhere. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

const LOOPBACK = '127.0.0.1';

/** Throws a `FacewrightError` where the page is not built, the port is taken or the directory has no run. */
export async function startStudio({ directory, port = 4179 }: StudioOptions = {}): Promise<Studio> {
  const page = await openPage();
  const runs = directory === undefined ? [] : await findRuns(directory);

  const answerTo = async (method: string, path: string): Promise<Answer> => {
    if (path === '/api/runs')
      return { type: 'application/json', body: JSON.stringify(runs.map(({ listed }) => listed)) };
    if (path.startsWith('/api/runs/')) return runFile(runs, path.slice('/api/runs/'.length));
    if (path === '/api/weights/mtcnn') return mtcnnWeights({ fetch: method === 'POST' });
    return page(path);
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { port: own } = server.address() as AddressInfo;
    // a page of another site that has its name point here would be of another name
    const here = [`${LOOPBACK}:${own}`, `localhost:${own}`].includes(request.headers.host ?? '');
    const {
      status = 200,
      type = 'text/plain; charset=utf-8',
      body,
    } = here
      ? await answerTo(request.method ?? 'GET', new URL(request.url ?? '/', 'http://studio').pathname).catch(
          (error: unknown): Answer => ({ status: 500, body: messageOf(error) }),
        )
      : { status: 403, body: 'This server answers under its own address only.' };
    response.writeHead(status, {
      ...HEADERS,
      ...(status !== 204 && { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new FacewrightError({
          what:
            cause.code === 'EADDRINUSE'
              ? `The port ${port} is taken.`
              : `The server cannot be started: ${messageOf(cause)}.`,
          todo: 'Give another one with --port.',
          cause,
        }),
      ),
    );
    server.listen(port, LOOPBACK, resolve);
  });
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
