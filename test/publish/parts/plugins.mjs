// A plugin of every kind, made by the scaffold, published and used by someone else.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KINDS } from '../../../packages/create-facewright-plugin/dist/main.js';
import { folder, run } from '../registry.mjs';
import { drawPeople, expect, facewright, newProject, read, SMALL, write } from './shared.mjs';

const nameOf = (kind) => `@e2e/my-${kind}`;

/** One of each kind, by name, some with options. */
const CONFIG = {
  ...SMALL,
  plugins: ['@e2e/my-logger'], // the logger is then known by its own name
  reader: { name: nameOf('reader'), path: 'photos.txt' },
  detector: nameOf('detector'),
  aligner: { name: nameOf('aligner'), size: 16 },
  tiers: [{ name: 'all', above: 0, augment: [nameOf('augmenter')] }],
  model: { name: nameOf('model'), inputSize: 16, embeddingSize: 8 },
  backend: nameOf('backend'),
  cluster: nameOf('cluster'),
  loggers: ['my-logger'],
  stages: [
    {
      loss: { name: nameOf('loss'), m: 0.2 },
      optimiser: nameOf('optimiser'),
      until: { steps: 2, any: [{ name: nameOf('criterion'), accuracy: 0.9 }] },
    },
  ],
};

/** What an author does with a package alone: everything that the scaffold's README tells. */
async function alone(at, kind, env) {
  await run('npm', ['create', '--yes', 'facewright-plugin', kind, nameOf(kind)], { cwd: at, env });
  const author = { cwd: join(at, `my-${kind}`), env };
  await run('npm', ['install'], author);
  for (const script of ['test', 'typecheck', 'build', 'lint']) await run('npm', ['run', script], author);
  await run('npm', ['run', 'bench', '--', '1'], author);
  await run('npm', ['publish'], author);
}

/** The same for many kinds in a workspace, installed once; what `lint` looks at is the same for all. */
async function inWorkspace(home, kinds, env) {
  const at = folder(home, 'workspace');
  write(at, 'package.json', { private: true, workspaces: ['my-*'] });
  for (const kind of kinds)
    await run('npm', ['create', '--yes', 'facewright-plugin', kind, nameOf(kind)], { cwd: at, env });
  await run('npm', ['install'], { cwd: at, env });
  for (const script of ['test', 'typecheck']) await run('npm', ['run', script, '--workspaces'], { cwd: at, env });
  await run('npm', ['publish', '--workspaces'], { cwd: at, env });
}

/** Type-checks the config, and the same with a wrong name and a wrong option. */
async function typeCheck(user) {
  const tsc = (name) =>
    run(join(user, 'node_modules/.bin/tsc'), ['--noEmit', '--skipLibCheck', '--module', 'NodeNext', '--strict', name], {
      cwd: user,
      ok: [0, 1, 2],
    });
  const right = await tsc('c.ts');
  expect(right.code === 0, `c.ts compiles: ${right.stdout}`);
  const text = readFileSync(join(user, 'c.ts'), 'utf8');
  for (const [name, from, to] of [
    ['wrong-name.ts', '"@e2e/my-loss"', '"@e2e/my-los"'],
    ['wrong-option.ts', '"m"', '"margin"'],
  ]) {
    write(user, name, text.replace(from, to));
    const wrong = await tsc(name);
    expect(wrong.code !== 0 && wrong.stdout.includes(to.slice(1, -1)), `${name} does not compile: ${wrong.stdout}`);
  }
}

/** What the reader reads: a line for each photo. */
const photosOf = (people) =>
  readdirSync(people, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(join(people, name)).map((photo) => `${name}\tpeople/${name}/${photo}\n`))
    .join('');

export const plugins = {
  title: 'a plugin of each kind is scaffolded, tested, published, and used by name from ts, json and yaml configs',
  async run(home, { env }) {
    await alone(folder(home, 'alone'), 'loss', env);
    await inWorkspace(home, KINDS.filter((kind) => kind !== 'loss'), env); // prettier-ignore
    const user = await newProject(home, 'user', { env }, ['facewright', 'typescript@6', ...KINDS.map(nameOf)]);
    await drawPeople(user);
    write(user, 'photos.txt', photosOf(join(user, 'people')));
    const json = JSON.stringify(CONFIG, null, 2);
    write(user, 'c.json', json);
    write(user, 'c.yaml', json.replace(/^  "(\w+)":/gm, '  $1:')); // YAML in flow style, keys without quotes
    const imports = KINDS.map((kind) => `import type {} from '${nameOf(kind)}';`).join('\n');
    write(
      user,
      'c.ts',
      `import { defineConfig } from 'facewright';\n${imports}\nexport default defineConfig(${json});\n`,
    );
    await typeCheck(user);
    for (const kind of ['json', 'yaml', 'ts']) {
      await facewright(user, ['run', '--out', kind, '--config', `c.${kind}`, '--json']);
      const recorded = JSON.stringify(read(user, kind, 'run.json'));
      for (const plugin of KINDS) expect(recorded.includes(nameOf(plugin)), `run.json of c.${kind} holds my-${plugin}`);
      expect(recorded.includes('"m":0.2'), `run.json of c.${kind} holds the loss's margin`);
    }
  },
};
