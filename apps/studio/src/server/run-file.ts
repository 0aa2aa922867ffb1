/** Files of a run directory: opened only if they are really inside it, and sent whole or from an offset. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, realpath, type FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { Readable } from 'node:stream';

export interface OpenFile {
  readonly handle: FileHandle;
  /** In bytes. */
  readonly size: number;
  /** Media type. */
  readonly type: string;
}

/** Never waits for the other end of a pipe, and never follows a link put there after the check. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** Bytes at the start of a log that identify it: the first line contains its start time. */
const HEAD = 512;

/**
 * The regular file `name` in `root`, which is a real path; `undefined` if it does not exist or links lead out of
 * `root`. Checks the file that was opened, so swapping a directory in between gains nothing.
 */
export async function openWithin(root: string, name: string, type: string): Promise<OpenFile | undefined> {
  const path = join(root, name);
  let handle: FileHandle | undefined;
  try {
    const real = await realpath(path);
    if (!isWithin(root, real)) return undefined;
    handle = await open(real, FLAGS);
    const [opened, named, again] = await Promise.all([
      handle.stat({ bigint: true }),
      lstat(real, { bigint: true }),
      realpath(real),
    ]);
    if (opened.isFile() && opened.ino === named.ino && opened.dev === named.dev && isWithin(root, again)) {
      const found = { handle, size: Number(opened.size), type };
      handle = undefined;
      return found;
    }
  } catch {
    // missing, unreadable or no longer there: treated as nonexistent
  } finally {
    await handle?.close();
  }
  return undefined;
}

const isWithin = (root: string, path: string): boolean => path.startsWith(root.endsWith(sep) ? root : root + sep);

/**
 * Responds with the file, or with everything after the bytes the client has (`Range: bytes=<from>-` with `If-Range`);
 * closes the file.
 */
export async function sendRunFile(file: OpenFile, headers: Headers, method: string): Promise<Response> {
  const { handle, size, type } = file;
  const etag = await tagOf(handle);
  const from = beginning(headers, etag);
  const answer = { 'content-type': type, 'accept-ranges': 'bytes', etag };
  if (from > 0 && from >= size) {
    await handle.close();
    return new Response(null, { status: 416, headers: { ...answer, 'content-range': `bytes */${size}` } });
  }
  const told = {
    ...answer,
    'content-length': String(size - from),
    ...(from > 0 && { 'content-range': `bytes ${from}-${size - 1}/${size}` }),
  };
  if (method === 'HEAD' || size === 0) {
    await handle.close();
    return new Response(null, { headers: told });
  }
  const stream = handle.createReadStream({ start: from, end: size - 1 });
  return new Response(Readable.toWeb(stream) as ReadableStream, { status: from > 0 ? 206 : 200, headers: told });
}

/** A log that only grows keeps its tag; a restarted one gets a new one. */
async function tagOf(handle: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD), 0, HEAD, 0);
  return `"${createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex').slice(0, 16)}"`;
}

/** The first byte wanted: from an open range whose `If-Range` is still valid, otherwise 0. */
function beginning(headers: Headers, etag: string): number {
  const [, digits] = /^bytes=(\d{1,15})-$/.exec(headers.get('range') ?? '') ?? [];
  const condition = headers.get('if-range');
  return digits !== undefined && (condition === null || condition === etag) ? Number(digits) : 0;
}
