/** Starts and stops the studio's HTTP server on the loopback interface. */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FacewrightError, messageOf } from '@facewright/core';
import { getRequestListener } from '@hono/node-server';
import { createApp } from './app.js';
import { LOOPBACK } from './guard.js';
import { builtPage } from './page.js';
import { openRuns } from './runs.js';

export interface StudioOptions {
  /** A run directory, or a directory of runs. */
  readonly directory?: string;
  /** 0: any free port. */
  readonly port?: number;
  /** Directory of the built page; default: that of this package, which a checkout builds if it is missing. */
  readonly page?: string;
  /** Receives messages about slow operations. */
  readonly onNotice?: (message: string) => void;
}

export interface Studio {
  /** `http://127.0.0.1:<port>/` */
  readonly url: string;
  close(): Promise<void>;
}

/** Throws a `FacewrightError` if the page cannot be built, the port is taken or the directory has no run. */
export async function startStudio({ directory, port = 4179, page, onNotice }: StudioOptions = {}): Promise<Studio> {
  const runs = directory === undefined ? undefined : await openRuns(directory);
  const root = page ?? (await builtPage(onNotice));
  const token = randomBytes(32).toString('base64url');
  const server = createServer();
  await listen(server, port);
  const { port: own } = server.address() as AddressInfo;
  const app = await createApp({ page: root, runs, token, port: own });
  server.on('request', getRequestListener(app.fetch, { overrideGlobalObjects: false, errorHandler: lastResort }));
  return {
    url: `http://${LOOPBACK}:${own}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** For malformed HTTP requests, and anything the app itself did not answer. */
const lastResort = (error: unknown): Response =>
  error instanceof Error && error.name === 'RequestError'
    ? new Response('This is not a valid request.', { status: 400 })
    : new Response('The server could not answer this request.', { status: 500 });

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new FacewrightError({
          what:
            cause.code === 'EADDRINUSE'
              ? `Port ${port} is already in use.`
              : `Cannot start the server: ${messageOf(cause)}.`,
          todo: 'Choose another port with --port.',
          cause,
        }),
      ),
    );
    server.listen(port, LOOPBACK, resolve);
  });
}
