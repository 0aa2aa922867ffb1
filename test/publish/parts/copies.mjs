// A plugin that brings a copy of core of its own.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from '../registry.mjs';
import { besideTool, expect, facewright, peopleBesideTool, SMALL, write } from './shared.mjs';

export const copies = {
  title: 'two copies of core: an error of the nested one is shown as what it is',
  async run(home, registry) {
    const { at, project } = await besideTool(home, 'copies', registry);
    const list = await peopleBesideTool(project);
    // a plugin that brings a core of its own, as some package managers lay it out
    const nested = folder(at, 'nested/node_modules/@facewright');
    cpSync(join(project, 'node_modules/@facewright/core'), join(nested, 'core'), { recursive: true });
    write(at, 'nested/package.json', { name: 'nested', type: 'module' });
    const loss = `import { definePlugin, FacewrightError, Interrupted } from '@facewright/core';
import { z } from 'zod';
const ends = { error: () => new FacewrightError({ what: 'The nested loss wants more people.', todo: 'Add some.' }), interrupted: () => new Interrupted() };
export default definePlugin({
  meta: { name: 'nested', kind: 'loss', version: '1.0.0', apiVersion: 1 },
  options: z.strictObject({ end: z.enum(['error', 'interrupted']) }),
  create: ({ end }) => { throw ends[end](); },
});
`;
    write(at, 'nested/loss.js', loss);
    for (const [end, code, text] of [
      ['error', 1, 'The nested loss wants more people.'],
      ['interrupted', 130, ''],
    ]) {
      write(at, 'facewright.config.json', {
        ...SMALL,
        stages: [{ loss: { name: './nested/loss.js', end }, until: { steps: 2 } }],
      });
      const ended = await facewright(
        at,
        ['run', '--data', list, '--out', end, '--backend', 'wasm'],
        {},
        [0, 1, 2, 130],
      );
      expect(ended.code === code, `${end} ends with ${code}, not ${ended.code}: ${ended.stderr.slice(-800)}`);
      expect(
        ended.stderr.includes(text) && !/\n +at /.test(ended.stderr),
        `${end} is told without a stack: ${ended.stderr.slice(-800)}`,
      );
    }
  },
};
