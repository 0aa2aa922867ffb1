/** What lies below a directory, to be compared byte for byte. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { filesBelow } from './tool.js';

/** Records of how long something took, which two equal runs do not share. */
const TIMES = /"(seconds|warmUpSeconds|imagesPerSecond)":\s*[\d.e+-]+/g;

/** SHA-256 of each file by its path, without times and the directory itself in JSON; files whose name matches `except` count by their name alone. */
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
