/** Where the queue is: a URL of Redis or Valkey, whose password is never shown. */
import { FacewrightError } from '@facewright/core';
import { Redis, type RedisOptions } from 'ioredis';

export interface QueueAddress {
  readonly options: RedisOptions;
  /** The URL without its password. */
  readonly shown: string;
}

const SCHEMES = ['redis:', 'rediss:', 'valkey:', 'valkeys:'];
/** Set instead of a password in the URL, which other users of the machine can see in the list of processes. */
const PASSWORD = 'FACEWRIGHT_QUEUE_PASSWORD';

/**
 * `redis://[user[:password]@]host[:port][/database]`, or `rediss://` with TLS. Throws a `FacewrightError` that does not
 * repeat the URL if it cannot be read, because it may contain a password.
 */
export function queueAddress(
  url: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): QueueAddress {
  const parsed = parse(url);
  const database = parsed?.pathname.slice(1) ?? '';
  if (!parsed || !SCHEMES.includes(parsed.protocol) || !parsed.hostname || !/^\d{0,4}$/.test(database))
    throw new FacewrightError({
      what: 'This is not the address of a queue.',
      where: '--queue',
      todo: 'Give a URL like redis://host:6379, or rediss://host:6379 for TLS. Encode special characters in a password, e.g. %40 for @.',
    });
  const secure = ['rediss:', 'valkeys:'].includes(parsed.protocol);
  const password = decoded(parsed.password) || env[PASSWORD];
  const username = decoded(parsed.username);
  const port = Number(parsed.port || 6379);
  return {
    options: {
      host: parsed.hostname.replace(/^\[|\]$/g, ''),
      port,
      db: Number(database || 0),
      ...(username && { username }),
      ...(password && { password }),
      ...(secure && { tls: {} }),
    },
    shown: `${parsed.protocol}//${username && `${parsed.username}@`}${parsed.hostname}:${port}${database && `/${database}`}`,
  };
}

function parse(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const CONNECT_MS = 10_000;

/** Connects once, and says in plain words why that fails. A connection lost later is made again by itself. */
export async function requireReachable({ options, shown }: QueueAddress): Promise<void> {
  const redis = new Redis({
    ...options,
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: CONNECT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let first: unknown;
  redis.on('error', (error: unknown) => (first ??= error));
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    throw unreachable(first ?? error, shown);
  } finally {
    redis.disconnect();
  }
}

function unreachable(error: unknown, shown: string): FacewrightError {
  const { message = '', code } = Object(error) as { message?: string; code?: string };
  // the errors of ioredis carry the command, and with it the password: only their message is used
  if (/NOAUTH|WRONGPASS|invalid password|without any password/i.test(message))
    return new FacewrightError({
      what: /NOAUTH/.test(message) ? 'Redis asks for a password.' : 'Redis does not accept this user or password.',
      where: shown,
      todo: `Put it into the URL, redis://user:password@host, or better into the environment variable ${PASSWORD}.`,
    });
  return new FacewrightError({
    what: `Redis cannot be reached: ${code ?? message}.`,
    where: shown,
    todo: 'Check the host and the port, that redis-server or valkey-server runs there, and that it listens on this network.',
  });
}
