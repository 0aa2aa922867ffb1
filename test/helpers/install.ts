/** Installs the tool in an empty folder from the tarballs that would be published; or links it, where no registry answers. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Whether npm's registry answers soon. */
export function registryAnswers(): boolean {
  try {
    execFileSync('npm', ['view', 'commander', 'version', '--fetch-retries=0', '--fetch-timeout=5000'], {
      cwd: ROOT,
      stdio: 'ignore',
      timeout: 20_000,
    });
    return true;
  } catch {
    return false;
  }
}

/** `<folder>/node_modules/facewright` afterwards is the tool. */
export async function installTool(folder: string, from: 'tarballs' | 'link'): Promise<void> {
  if (from === 'link') {
    await mkdir(join(folder, 'node_modules'), { recursive: true });
    await symlink(join(ROOT, 'apps/cli'), join(folder, 'node_modules/facewright'));
    return;
  }
  const packed = join(folder, 'packed');
  await mkdir(packed, { recursive: true });
  const pack = ['pack', '--ignore-scripts', '--pack-destination', packed];
  const onnxruntime = join(ROOT, 'packages/onnxruntime');
  await run(process.execPath, ['scripts/packages.mjs', `${process.platform}-${process.arch}`], { cwd: onnxruntime });
  const published = (await readdir(join(onnxruntime, 'dist'))).map((name) => join(onnxruntime, 'dist', name));
  const others = (await neededPackages()).filter((directory) => directory !== onnxruntime);
  await run('npm', [...pack, ...published, ...others], { cwd: ROOT, maxBuffer: 1 << 28 });
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const tarballs = (await readdir(packed)).map((name) => join(packed, name));
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs];
  await run('npm', install, { cwd: folder, maxBuffer: 1 << 28 });
}

/** The directories of the tool and of every package of this workspace that it needs. */
async function neededPackages(): Promise<string[]> {
  const manifests = new Map<string, { readonly directory: string; readonly manifest: Manifest }>();
  for (const group of ['packages', 'apps'])
    for (const name of await readdir(join(ROOT, group))) {
      const directory = join(ROOT, group, name);
      const text = await readFile(join(directory, 'package.json'), 'utf8').catch(() => undefined);
      if (text === undefined) continue;
      const manifest = JSON.parse(text) as Manifest;
      manifests.set(manifest.name, { directory, manifest });
    }
  const needed = new Set<string>();
  const add = (name: string): void => {
    const found = manifests.get(name);
    if (!found || needed.has(found.directory)) return;
    needed.add(found.directory);
    const { dependencies, optionalDependencies, peerDependencies } = found.manifest;
    for (const each of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) add(each);
  };
  add('facewright');
  return [...needed];
}
