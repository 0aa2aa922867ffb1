/**
 * Who may send which requests: only pages served by this server under its own name. Changes also need the token written
 * into the page.
 */
import { timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';

export const LOOPBACK = '127.0.0.1';
export const TOKEN_HEADER = 'x-facewright-token';

const READS = new Set(['GET', 'HEAD']);

/**
 * Rejects with 403 whatever does not come from the server's own page: a different `Host` (a foreign name resolving to
 * this machine, known as DNS rebinding), a foreign `Origin`, a request that the browser marks as cross-site, and a
 * change without the page's token.
 */
export function guard(port: number, token: string): MiddlewareHandler {
  const hosts = [`${LOOPBACK}:${port}`, `localhost:${port}`];
  return async (context, next) => {
    const { method } = context.req;
    const header = (name: string): string | undefined => context.req.header(name);
    const refuse = (why: string): Response => context.text(why, 403);
    if (!hosts.includes(header('host') ?? '')) return refuse('This server only answers under its own address.');
    const origin = header('origin');
    if (origin !== undefined && origin !== `http://${header('host')}`)
      return refuse('This server only answers its own page.');
    const site = header('sec-fetch-site');
    const navigation = READS.has(method) && header('sec-fetch-mode') === 'navigate';
    if (site !== undefined && site !== 'same-origin' && site !== 'none' && !navigation)
      return refuse('This server only answers its own page.');
    if (!READS.has(method) && !sameText(header(TOKEN_HEADER) ?? '', token))
      return refuse('This request needs the token of the page. Reload the page and try again.');
    return next();
  };
}

function sameText(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
