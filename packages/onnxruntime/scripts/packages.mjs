// Writes the packages that are published to `dist/`: one for each platform, made of the installed onnxruntime-node, and `onnxruntime`, which has them
// as optional dependencies. `npm run packages -w @facewright/onnxruntime [-- linux-x64 …] [--to directory]`; without names, all platforms.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals: wanted } = parseArgs({ allowPositionals: true, options: { to: { type: 'string' } } });
const dist = values.to ?? join(here, 'dist');
const library = dirname(dirname(createRequire(import.meta.url).resolve('onnxruntime-node')));
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const own = read(join(here, 'package.json'));
const theirs = read(join(library, 'package.json'));

/** The interface, which the packages share. */
const common = { 'onnxruntime-common': theirs.dependencies['onnxruntime-common'] };

const binaries = join(library, 'bin/napi-v6');
const platforms = readdirSync(binaries).flatMap((os) => readdirSync(join(binaries, os)).map((cpu) => ({ os, cpu })));
const nameOf = ({ os, cpu }) => `onnxruntime-${os}-${cpu}`;

const { version, license, homepage, repository, bugs, engines, publishConfig } = own;
const shared = { version, license, homepage, repository, bugs, engines, publishConfig };

function put(name, manifest, copies) {
  const at = join(dist, name);
  mkdirSync(at, { recursive: true });
  for (const [from, to] of copies) cpSync(from, join(at, to), { recursive: true });
  writeFileSync(join(at, 'package.json'), `${JSON.stringify({ name: `@facewright/${name}`, ...manifest }, null, 2)}\n`);
}

function putPlatform({ os, cpu }) {
  const manifest = {
    description: `onnxruntime ${theirs.version} for Node on ${os}-${cpu}, without an install script`,
    ...shared,
    os: [os],
    cpu: [cpu],
    ...(os === 'linux' && { libc: ['glibc'] }),
    main: 'dist/index.js',
    types: 'dist/index.d.ts',
    files: ['bin', 'dist', 'LICENSE-onnxruntime'],
    dependencies: common,
  };
  const bin = join('bin/napi-v6', os, cpu);
  put(nameOf({ os, cpu }), manifest, [
    [join(library, 'dist'), 'dist'],
    [join(library, bin), bin],
    ...['LICENSE', 'LICENSE-onnxruntime', 'README.md'].map((file) => [join(here, file), file]),
  ]);
}

rmSync(dist, { recursive: true, force: true });
for (const platform of platforms)
  if (!wanted.length || wanted.includes(`${platform.os}-${platform.cpu}`)) putPlatform(platform);

const optionalDependencies = Object.fromEntries(
  platforms.map((platform) => [`@facewright/${nameOf(platform)}`, version]),
);
const { description, keywords, type, exports, files } = own;
put(
  'onnxruntime',
  { description, keywords, ...shared, type, exports, files, dependencies: common, optionalDependencies },
  [...['index.js', 'index.d.ts', 'LICENSE', 'README.md'].map((file) => [join(here, file), file])],
);
