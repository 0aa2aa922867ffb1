// Packs every public package of the workspace and checks the tarball as a user gets it, with publint and "are the types
// wrong". All packages are ESM only, so results for `require` and the old node10 resolution are ignored.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = fileURLToPath(new URL('..', import.meta.url));
const ESM_ONLY = new Set(['node16-esm', 'bundler']);

/** publint's messages, including warnings, one line each. */
async function byPublint(tarball, pkg) {
  const { messages } = await publint({ pack: { tarball: tarball.buffer }, level: 'warning' });
  return messages.map((message) => `publint: ${formatMessage(message, pkg)}`);
}

/** Entry points whose types do not resolve, or do not match the code. */
async function byTypes(tarball) {
  const { types, problems = [], entrypoints = {} } = await checkPackage(createPackageFromTarballData(tarball));
  if (!types) return []; // a package with only commands
  const counts = ({ kind, entrypoint, resolutionKind }) =>
    kind !== 'CJSResolvesToESM' && !entrypoints[entrypoint]?.isWildcard && ESM_ONLY.has(resolutionKind ?? 'bundler');
  return problems
    .filter(counts)
    .map(({ kind, entrypoint = '', resolutionKind = '' }) => `types: ${kind} ${entrypoint} ${resolutionKind}`);
}

/** Files that must not be in a tarball, and source maps whose sources are missing. */
function byFiles({ files }) {
  const paths = new Set(files.map(({ path }) => path));
  const unwanted = [...paths].filter((path) => /\.tsbuildinfo$|\.test\./.test(path));
  const needed = ['LICENSE', 'README.md'].filter((path) => !paths.has(path));
  return [
    ...unwanted.map((path) => `files: ${path} is shipped`),
    ...needed.map((path) => `files: ${path} is not shipped`),
  ];
}

const directory = mkdtempSync(join(tmpdir(), 'facewright-pack-'));
let found = 0;
try {
  const pack = ['pack', '--workspaces', '--ignore-scripts', '--json', '--pack-destination', directory];
  const packed = JSON.parse(execFileSync('npm', pack, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 }));
  const where = JSON.parse(
    execFileSync('npm', ['query', '.workspace'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 }),
  );
  for (const entry of packed) {
    const pkg = where.find(({ name }) => name === entry.name);
    if (pkg.private) continue;
    const tarball = new Uint8Array(readFileSync(join(directory, entry.filename)));
    const findings = [...byFiles(entry), ...(await byPublint(tarball, pkg)), ...(await byTypes(tarball))];
    console.log(
      `${findings.length ? '✗' : '✓'} ${entry.name} ${(entry.size / 1e3).toFixed(0)} kB, ${entry.entryCount} files`,
    );
    for (const finding of findings) console.log(`    ${finding}`);
    found += findings.length;
  }
} finally {
  rmSync(directory, { recursive: true });
}
if (found) {
  console.error(`${found} findings in what would be published`);
  process.exitCode = 1;
}
