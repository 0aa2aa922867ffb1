/** The rules for every published package: its metadata, its peers, and a README that also works on the registry. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly license?: string;
  readonly homepage?: string;
  readonly repository?: { readonly url: string; readonly directory: string };
  readonly publishConfig?: { readonly access: string };
  readonly type?: string;
  readonly engines?: { readonly node: string };
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const text = (path: string): string => readFileSync(`${root}${path}`, 'utf8');
const json = (path: string): PackageJson => JSON.parse(text(path)) as PackageJson;

const REPOSITORY = 'https://github.com/facewright/facewright';
/** The tool and the page provide these; plugins use theirs, so that each exists only once. */
const SHARED = ['@facewright/core', '@tensorflow/tfjs-core', 'zod'];
const APPS = ['apps/cli', 'apps/studio'];

const directories = ['packages', 'apps'].flatMap((parent) =>
  readdirSync(`${root}${parent}`)
    .map((name) => `${parent}/${name}`)
    .filter((directory) => existsSync(`${root}${directory}/package.json`)),
);

describe.each(directories)('%s', (directory) => {
  const pkg = json(`${directory}/package.json`);

  test('states what it is and where it comes from, and is public', () => {
    expect(pkg).toMatchObject({
      version: json('package.json').version,
      description: expect.stringMatching(/.{20}/),
      license: 'MIT',
      homepage: `${REPOSITORY}/tree/main/${directory}#readme`,
      repository: { type: 'git', url: `git+${REPOSITORY}.git`, directory },
      publishConfig: { access: 'public' },
      type: 'module', // ESM only
      engines: json('package.json').engines,
    });
    expect(pkg.keywords).toContain('facewright');
    expect(text(`${directory}/LICENSE`)).toBe(text('LICENSE'));
  });

  test('contains neither tests nor build information', () => {
    expect(pkg.files).toEqual(expect.arrayContaining(['!**/*.test.*', '!**/*.tsbuildinfo']));
  });

  test('source maps find their sources', () => {
    if (directory !== 'apps/studio' && existsSync(`${root}${directory}/src`)) expect(pkg.files).toContain('src');
  });

  test('core, tfjs-core and zod are peers, by range', () => {
    if (APPS.includes(directory)) return;
    expect(Object.keys(pkg.dependencies ?? {}).filter((name) => SHARED.includes(name))).toEqual([]);
    for (const name of SHARED) expect(pkg.peerDependencies?.[name] ?? '^').toMatch(/^\^/);
  });

  test("its plugins state the package's version", () => {
    const byHand = sources(`${directory}/src`).filter((file) => /kind: '\w+',\s+version: '/.test(text(file)));
    expect(byHand).toEqual([]);
    const version = [`${directory}/src/version.ts`, `${directory}/src/page/version.ts`].find((file) =>
      existsSync(root + file),
    );
    if (version) expect(text(version), 'run npm run generate').toContain(`VERSION = '${pkg.version}'`);
  });

  test("its README's links work on the registry and point to existing files", () => {
    const targets = [...text(`${directory}/README.md`).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
    expect(targets.filter((target) => !/^(https?:|#|mailto:)/.test(target))).toEqual([]);
    const ours = targets.map(
      (target) => /^https:\/\/[^/]+\/facewright\/facewright\/(?:(?:blob|tree)\/)?main\/([^#]+)/.exec(target)?.[1],
    );
    expect(ours.filter((path) => path && !existsSync(root + path))).toEqual([]);
  });
});

/** Every source file below a directory, except tests. */
function sources(directory: string): string[] {
  if (!existsSync(root + directory)) return [];
  return readdirSync(root + directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => `${directory}/${name}`);
}
