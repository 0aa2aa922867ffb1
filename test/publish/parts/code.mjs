// A pipeline composed in code.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../registry.mjs';
import { besideTool, expect, peopleBesideTool, read, SMALL, write } from './shared.mjs';

/** tfjs's declarations do not pass without skipLibCheck: they lack `long`, and bring a WebGPU of their own beside TypeScript's. */
const OTHERS = /(^|\/)node_modules\/(@tensorflow|@webgpu|typescript)\//;
/** The compiler and Node's types are those of this repository: they prove nothing about the packages. */
const MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));

export const code = {
  title: 'a pipeline in code, type-checked with skipLibCheck false under NodeNext and Bundler, and run',
  async run(home, registry) {
    const { at, project } = await besideTool(home, 'code', registry);
    const list = await peopleBesideTool(project);
    const compose = `import { arcFace, createRun, mobileFaceNet, softmax, wasm, type Run } from 'facewright';
import { definePlugin } from '@facewright/core';

const run: Run = await createRun({
  plugins: [mobileFaceNet({ inputSize: 16, width: 0.125, embeddingSize: 8, bottlenecks: [[1, 64, 1, 2]] }), softmax(), arcFace({ m: 0.3 }), wasm()],
  config: ${JSON.stringify({
    ...SMALL,
    model: undefined,
    data: list,
    out: 'run',
    stages: [
      { loss: 'softmax', until: { steps: 2 } },
      { loss: 'arcface', until: { steps: 2 } },
    ],
  })},
});
await run.start();
console.log(typeof definePlugin);
`;
    write(at, 'compose.ts', compose);
    for (const [module, moduleResolution] of [
      ['NodeNext', 'NodeNext'],
      ['ESNext', 'Bundler'],
    ]) {
      const compilerOptions = {
        module,
        moduleResolution,
        target: 'ES2022',
        lib: ['ES2023', 'DOM'],
        types: ['node'],
        typeRoots: [join(MODULES, '@types')],
        strict: true,
        skipLibCheck: false,
        outDir: 'out',
      };
      write(at, 'tsconfig.json', { compilerOptions, include: ['compose.ts'] });
      const tsc = [join(MODULES, 'typescript/bin/tsc'), '--pretty', 'false'];
      const { stdout } = await run(process.execPath, tsc, { cwd: at, ok: [0, 1, 2] });
      const errors = stdout.split('\n').filter((line) => line.includes(': error TS') && !OTHERS.test(line));
      expect(!errors.length, `${moduleResolution} finds no error:\n${errors.join('\n')}`);
    }
    cpSync(join(at, 'out/compose.js'), join(at, 'compose.js'));
    await run(process.execPath, ['compose.js'], { cwd: at });
    const parts = JSON.stringify(read(at, 'run/run.json'));
    expect(parts.includes('"m":0.3') && parts.includes('"width":0.125'), 'run.json holds the options given in code');
  },
};
