/** The built page's files, read once. */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FacewrightError } from '@facewright/core';

export interface Answer {
  /** 200 unless given. */
  readonly status?: number;
  readonly type?: string;
  readonly body: string | Uint8Array;
}

/** Beside the compiled server as well as beside its sources. */
const PAGE = fileURLToPath(new URL('../../dist/page/', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** Answers for addresses in the page. Nothing else on the disk can be asked for: only what was read here is known. */
export async function openPage(): Promise<(path: string) => Answer> {
  const entries = await readdir(PAGE, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new FacewrightError({ what: 'The page is not built.', where: PAGE, todo: 'Build it: npm run build.', cause });
  });
  const files = new Map<string, Answer>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    files.set(`/${relative(PAGE, file).split(sep).join('/')}`, {
      type: TYPES[extname(file)] ?? 'application/octet-stream',
      body: await readFile(file),
    });
  }
  return (path) => files.get(path === '/' ? '/index.html' : path) ?? { status: 404, body: 'There is no such file.' };
}
