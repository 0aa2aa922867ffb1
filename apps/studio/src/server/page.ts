/** Finds the built page. A published package includes it; a checkout builds it when first needed. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FacewrightError } from '@facewright/core';

/** The package directory, for the compiled server as well as its sources. */
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = join(PACKAGE, 'dist/page');

/** The directory of the page, built if necessary. Throws a `FacewrightError` if that fails. */
export async function builtPage(onNotice: (message: string) => void = () => undefined): Promise<string> {
  if (existsSync(join(PAGE, 'index.html'))) return PAGE;
  const vite = viteCommand();
  if (!vite || !existsSync(join(PACKAGE, 'vite.config.ts')))
    throw new FacewrightError({
      what: 'The page is not built, and the build tools are not installed.',
      where: PAGE,
      todo: 'In a checkout: npm ci && npm run build.',
    });
  onNotice('Building the page, once …');
  await build(vite);
  return PAGE;
}

function viteCommand(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve('vite/package.json');
    return join(dirname(manifest), 'bin/vite.js');
  } catch {
    return undefined;
  }
}

function build(vite: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
      cwd: PACKAGE,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (part: Buffer) => (said += part.toString()));
    const fail = (cause?: unknown): void =>
      reject(
        new FacewrightError({
          what: `The page could not be built.${said ? `\n${said.trim()}` : ''}`,
          where: PACKAGE,
          todo: 'Try: npm ci && npm run build.',
          cause,
        }),
      );
    child.on('error', fail);
    child.on('close', (code) => (code === 0 ? resolve() : fail()));
  });
}
