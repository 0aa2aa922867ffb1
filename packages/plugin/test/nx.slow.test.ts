/** `nx g` in a workspace, as a user types it: the package is made, and Nx knows its targets. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const workspace = mkdtempSync(join(tmpdir(), 'facewright-nx-'));
afterAll(() => rmSync(workspace, { recursive: true, force: true }));

const nx = (...args: string[]): string =>
  execFileSync(join(root, 'node_modules/.bin/nx'), args, {
    cwd: workspace,
    encoding: 'utf8',
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NX_WORKSPACE_ROOT_PATH: undefined },
  });

test('nx g @facewright/plugin:loss makes a package that Nx can test and build', () => {
  symlinkSync(join(root, 'node_modules'), join(workspace, 'node_modules')); // as if installed
  writeFileSync(join(workspace, 'package.json'), JSON.stringify({ private: true, workspaces: ['packages/*'] }));
  writeFileSync(join(workspace, 'nx.json'), '{}');
  expect(nx('g', '@facewright/plugin:loss', '@me/my-loss', '--dry-run')).toContain(
    'CREATE packages/my-loss/package.json',
  );
  expect(existsSync(join(workspace, 'packages'))).toBe(false);
  expect(nx('g', '@facewright/plugin:loss', '@me/my-loss')).toContain('nx test @me/my-loss');
  const { targets } = JSON.parse(nx('show', 'project', '@me/my-loss', '--json')) as { targets: object };
  expect(Object.keys(targets)).toEqual(expect.arrayContaining(['build', 'test', 'lint']));
});
