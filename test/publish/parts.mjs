// What is tried from outside: each part has a title, and `run` works in its own folder under `home`.
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, run } from './registry.mjs';

/** A training that takes seconds: a minimal network and a few steps. */
const SMALL = {
  tiers: [{ name: 'all', above: 0, augment: [] }],
  model: { name: 'mobilefacenet', inputSize: 16, width: 0.125, embeddingSize: 8, bottlenecks: [[1, 64, 1, 2]] },
  batch: 8,
  stages: [
    { loss: 'softmax', until: { steps: 3 } },
    { loss: 'arcface', until: { steps: 2 } },
  ],
  validation: { minimum: 2, everySteps: 2 },
  heldOut: { identities: 2, pairs: 20 },
};
const PEOPLE = `import { writeFileSync } from 'node:fs';
import { generateSample } from '@facewright/datasets';
await generateSample({ directory: 'people', people: 6, photos: 5 }).then((drawn) => writeFileSync('drawn.json', JSON.stringify(drawn)));`;

/**
 * tfjs's declarations fail without skipLibCheck: they lack `long`, and include WebGPU types that conflict with
 * TypeScript's.
 */
const OTHERS = /^node_modules\/(@tensorflow|@webgpu|typescript)\//;

const write = (at, name, value) =>
  writeFileSync(join(at, name), typeof value === 'string' ? value : JSON.stringify(value, null, 2));
const read = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'));
function expect(holds, what) {
  if (!holds) throw new Error(`not so: ${what}`);
}

/** An empty project with `packages` installed. */
async function project(home, name, { env }, packages) {
  const at = folder(home, name);
  write(at, 'package.json', { name, private: true, type: 'module' });
  await run('npm', ['install', ...packages], { cwd: at, env });
  return at;
}

const facewright = (at, args, env, ok) =>
  run(join(at, 'node_modules/.bin/facewright'), args, { cwd: at, env, ...(ok && { ok }) });

/** Draws six people with a landmark list; returns the list's path. */
async function drawPeople(at) {
  write(at, 'draw.mjs', PEOPLE);
  await run(process.execPath, ['draw.mjs'], { cwd: at });
  return read(at, 'drawn.json').list;
}

export const cli = {
  title: 'the command line is installed, and the sample is drawn, and a small net trained on it with onnx',
  async run(home, registry) {
    const at = await project(home, 'cli', registry, ['facewright']);
    write(at, 'facewright.config.json', SMALL);
    const told = JSON.parse(await facewright(at, ['run', '--sample', '--out', 'run', '--backend', 'onnx', '--json']));
    expect(existsSync(join(at, 'run/report.html')), 'there is a report');
    expect(told.metrics.stages.map(({ loss }) => loss).join() === 'softmax,arcface', 'both stages ran');
    expect(
      /"(engine|backend|name)":"onnx"/.test(readFileSync(join(at, 'run/events.jsonl'), 'utf8')),
      'the engine is onnx',
    );
  },
};

export const code = {
  title: 'a pipeline in code, type-checked with skipLibCheck false under NodeNext and Bundler, and run',
  async run(home, registry) {
    const at = await project(home, 'code', registry, [
      'facewright',
      '@facewright/core',
      '@facewright/datasets',
      'typescript@6',
      '@types/node@20',
    ]);
    const list = await drawPeople(at);
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
        strict: true,
        skipLibCheck: false,
        outDir: 'out',
      };
      write(at, 'tsconfig.json', { compilerOptions, include: ['compose.ts'] });
      const { stdout } = await run(join(at, 'node_modules/.bin/tsc'), ['--pretty', 'false'], {
        cwd: at,
        ok: [0, 1, 2],
      });
      const errors = stdout.split('\n').filter((line) => line.includes(': error TS') && !OTHERS.test(line));
      expect(!errors.length, `${moduleResolution} finds no error:\n${errors.join('\n')}`);
    }
    cpSync(join(at, 'out/compose.js'), join(at, 'compose.js'));
    await run(process.execPath, ['compose.js'], { cwd: at });
    const parts = JSON.stringify(read(at, 'run/run.json'));
    expect(parts.includes('"m":0.3') && parts.includes('"width":0.125'), 'run.json holds the options given in code');
  },
};

export const plugins = {
  title: 'a loss and a detector are scaffolded, tested, published, and used by name from ts, json and yaml configs',
  async run(home, { env }) {
    const at = folder(home, 'authors');
    for (const kind of ['loss', 'detector']) {
      await run('npm', ['create', '--yes', 'facewright-plugin', kind, `@e2e/my-${kind}`], { cwd: at, env });
      const author = { cwd: join(at, `my-${kind}`), env };
      await run('npm', ['install'], author);
      for (const script of ['test', 'typecheck', 'build', 'lint']) await run('npm', ['run', script], author);
      await run('npm', ['publish'], author);
    }
    const user = await project(home, 'user', { env }, ['facewright', '@e2e/my-loss', '@e2e/my-detector']);
    await drawPeople(user);
    const config = {
      ...SMALL,
      detector: '@e2e/my-detector',
      stages: [{ loss: { name: '@e2e/my-loss', m: 0.2 }, until: { steps: 2 } }],
    };
    const json = JSON.stringify(config, null, 2);
    write(user, 'c.json', json);
    write(user, 'c.yaml', json.replace(/^  "(\w+)":/gm, '  $1:')); // YAML in flow style, keys without quotes
    write(user, 'c.ts', `import { defineConfig } from 'facewright';\nexport default defineConfig(${json});\n`);
    for (const kind of ['json', 'yaml', 'ts']) {
      await facewright(user, [
        'run',
        '--data',
        'people',
        '--out',
        kind,
        '--config',
        `c.${kind}`,
        '--backend',
        'wasm',
        '--json',
      ]);
      const recorded = JSON.stringify(read(user, kind, 'run.json'));
      expect(
        recorded.includes('@e2e/my-loss') && recorded.includes('"m":0.2'),
        `run.json of c.${kind} holds the loss and its options`,
      );
    }
  },
};

export const copies = {
  title: 'two copies of core: an error of the nested one is shown as what it is',
  async run(home, registry) {
    const at = await project(home, 'copies', registry, ['facewright']);
    const list = await drawPeople(at);
    // a plugin with its own copy of core, as some package managers install it
    const nested = folder(at, 'nested/node_modules/@facewright');
    cpSync(join(at, 'node_modules/@facewright/core'), join(nested, 'core'), { recursive: true });
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
