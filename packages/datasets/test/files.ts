/** Shared by this package's tests: a temporary folder per test file, and small real images. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll } from 'vitest';

/** A new folder, deleted after the file's tests. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'facewright-datasets-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Writes files by relative path, creating folders. */
export function writeTree(root: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  mkdirSync(root, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

export const jpeg = async (width = 8, height = 8): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#a86' } })
    .jpeg()
    .toBuffer();
