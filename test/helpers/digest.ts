/** Hashes of the files below a directory, for byte-for-byte comparison. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { filesBelow } from './tool.js';

/** Durations, which differ between two equal runs. */
const TIMES = /"(seconds|warmUpSeconds|imagesPerSecond)":\s*[\d.e+-]+/g;

/**
 * SHA-256 of each file by path, without times and the directory itself in JSON. Files whose name matches `except` only
 * contribute their name.
 */
export async function digestBelow(directory: string, except?: RegExp): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const path of await filesBelow(directory)) {
    if (except?.test(basename(path))) {
      digests[path] = 'there';
      continue;
    }
    const bytes = await readFile(join(directory, path));
    const content = path.endsWith('.json')
      ? bytes.toString('utf8').replace(TIMES, '"$1":0').replaceAll(directory, '.')
      : bytes;
    digests[path] = createHash('sha256').update(content).digest('hex');
  }
  return digests;
}
