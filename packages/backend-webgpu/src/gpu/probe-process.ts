/**
 * Looks for a GPU in a separate process. Graphics drivers print warnings to standard error, and a broken one can crash;
 * neither should affect a run that may use another engine.
 */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { AdapterInfo } from './source.js';

const TIMEOUT_MS = 20_000;

const SCRIPT = `
const answer = (value) => process.stdout.write(JSON.stringify(value), () => process.exit(0));
try {
  const dawn = await import(process.argv[1]);
  const adapter = await dawn.create([]).requestAdapter({ powerPreference: 'high-performance' });
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter?.info ?? {};
  answer(adapter ? { info: { vendor, architecture, device, description, isFallbackAdapter } } : {});
} catch (error) {
  answer({ error: String(error?.message ?? error) });
}`;

/** What the process found: an adapter, none, or why it could not look. */
export interface Found {
  readonly info?: AdapterInfo;
  readonly error?: string;
}

/** Throws if the npm package webgpu is not installed. */
export function findInProcess(): Promise<Found> {
  const library = pathToFileURL(createRequire(import.meta.url).resolve('webgpu')).href;
  return new Promise((resolve) => {
    const argv = ['--input-type=module', '-e', SCRIPT, library];
    execFile(process.execPath, argv, { timeout: TIMEOUT_MS, windowsHide: true }, (error, stdout) => {
      try {
        resolve(JSON.parse(stdout) as Found);
      } catch {
        resolve({
          error: `the search for a GPU ended without an answer (${error?.signal ?? error?.code ?? 'no output'})`,
        });
      }
    });
  });
}
