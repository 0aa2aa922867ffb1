/** The versions that a run records. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const versionOf = (name: string): string => (require(name) as { version: string }).version;

const VERSION = versionOf('../package.json');

export function versions(): Record<string, string> {
  return { facewright: VERSION, node: process.versions.node, platform: `${process.platform} ${process.arch}` };
}
