/** Makes a plugin's package in an Nx workspace: the files of `npm create facewright-plugin`, in the workspace's folder for packages. */
import { posix } from 'node:path';
import { filesOf, ScaffoldError, type Kind } from 'create-facewright-plugin';

/** What is used of Nx's tree of files. */
export interface Tree {
  exists(path: string): boolean;
  read(path: string, encoding: 'utf-8'): string | null;
  write(path: string, text: string): void;
}

export interface GeneratorOptions {
  /** The package's name, with or without a scope. */
  readonly name: string;
  /** The folder in which the package's own folder is made. */
  readonly directory?: string;
}

/**
 * Writes the package into the tree. Resolves to what Nx runs once the files are on disk: a hint at what comes next. Rejects with a `ScaffoldError` for a
 * name that cannot be one, and for a folder that already exists.
 */
export async function generate(kind: Kind, tree: Tree, { name, directory }: GeneratorOptions): Promise<() => void> {
  const files = filesOf(kind, name);
  const root = posix.join(directory ?? packagesFolder(tree), posix.basename(name));
  if (tree.exists(root)) throw new ScaffoldError(`${root} already exists. Choose another name, or delete it.`);
  for (const [path, text] of Object.entries(files))
    if (!path.startsWith('.github/')) tree.write(posix.join(root, path), text); // the workspace has a release of its own
  return () =>
    console.log(
      `\nNext:\n  npm install\n  nx test ${name}\n\n${root}/src/index.ts says in comments what to change first.`,
    );
}

/** The folder of the first `workspaces` entry such as `packages/*`; the workspace's root without one. */
function packagesFolder(tree: Tree): string {
  const manifest = JSON.parse(tree.read('package.json', 'utf-8') ?? '{}') as {
    workspaces?: readonly string[] | { packages?: readonly string[] };
  };
  const globs = Array.isArray(manifest.workspaces)
    ? (manifest.workspaces as readonly string[])
    : ((manifest.workspaces as { packages?: readonly string[] } | undefined)?.packages ?? []);
  return globs.find((glob) => /^[^*]+\/\*$/.test(glob))?.slice(0, -2) ?? '.';
}
