// The tool on every version of Node that is maintained.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../registry.mjs';
import { expect, newProject, SMALL, write } from './shared.mjs';

const VERSIONS = [20, 22, 24];
/** The package that brings it, without the install script of the package `node`. */
const NODE = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

export const nodes = {
  title: `the sample is drawn, and a small net trained on it, on Node ${VERSIONS.join(', ')}`,
  async run(home, registry) {
    const at = await newProject(home, 'nodes', registry, [
      'facewright',
      ...VERSIONS.map((version) => `node-${version}@npm:${NODE}@${version}`),
    ]);
    write(at, 'facewright.config.json', SMALL);
    for (const version of VERSIONS) {
      const node = join(at, `node_modules/node-${version}/bin/node`);
      const told = (await run(node, ['--version'], { cwd: at })).trim();
      expect(told.startsWith(`v${version}.`), `${told} is Node ${version}`);
      const tool = join(at, 'node_modules/facewright/bin/facewright.js');
      await run(node, [tool, 'run', '--sample', '--out', `run-${version}`, '--backend', 'onnx', '--json'], { cwd: at });
      expect(existsSync(join(at, `run-${version}/report.html`)), `there is a report of Node ${version}`);
    }
  },
};
