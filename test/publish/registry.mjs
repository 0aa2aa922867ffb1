// A local Verdaccio: our packages are published to it, and everything else is proxied from npm's configured registry.
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERDACCIO = '6.2.0';
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a program and resolves to its standard output. Throws with its output if it fails. */
export function run(command, args, { cwd, env = {}, ok = [0] }) {
  // npm passes its own settings to child processes; here everything starts as from a user's shell
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  const options = { cwd, env: { ...clean, NO_COLOR: '1', ...env }, maxBuffer: 1 << 28 };
  return new Promise((resolve, reject) =>
    execFile(command, args, options, (error, stdout, stderr) => {
      if (ok.includes(error ? error.code : 0))
        return resolve(ok.length > 1 ? { code: error?.code ?? 0, stdout, stderr } : stdout);
      reject(new Error(`${command} ${args.join(' ')} in ${cwd}:\n${stdout.slice(-3000)}\n${stderr.slice(-3000)}`));
    }),
  );
}

/**
 * Starts it on a free port of 127.0.0.1; its settings, as environment variables, make npm use it. `warm`: with npm's
 * usual cache in place of an empty one.
 */
export async function startRegistry(home, warm) {
  const upstream = (await run('npm', ['config', 'get', 'registry'], { cwd: home })).trim();
  const tools = folder(home, 'verdaccio');
  // one of its dependencies requires node-fetch by a tag, which mirrors do not have
  writeFileSync(join(tools, 'package.json'), '{ "private": true, "overrides": { "node-fetch": "2.6.7" } }');
  await run('npm', ['install', '--no-audit', '--no-fund', `verdaccio@${VERDACCIO}`], { cwd: tools });
  const ours = { access: '$all', publish: '$all', unpublish: '$all' };
  const config = {
    storage: join(home, 'storage'),
    uplinks: { upstream: { url: upstream, timeout: '60s', max_fails: 100 } },
    packages: {
      '@facewright/*': ours,
      facewright: ours,
      'create-facewright-plugin': ours,
      '@e2e/*': ours,
      '**': { access: '$all', proxy: 'upstream' },
    },
    max_body_size: '200mb',
    log: { type: 'stdout', format: 'pretty', level: 'error' },
  };
  writeFileSync(join(tools, 'config.yaml'), JSON.stringify(config)); // JSON is YAML
  const port = await freePort();
  const listen = `127.0.0.1:${port}`;
  const child = spawn(join(tools, 'node_modules/.bin/verdaccio'), ['--config', 'config.yaml', '--listen', listen], {
    cwd: tools,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  process.once('exit', () => child.kill());
  const npmrc = join(home, 'npmrc');
  writeFileSync(
    npmrc,
    `registry=http://${listen}/\n//${listen}/:_authToken=e2e\naudit=false\nfund=false\nupdate-notifier=false\n`,
  );
  await answers(`http://${listen}/-/ping`);
  return {
    env: { NPM_CONFIG_USERCONFIG: npmrc, ...(!warm && { npm_config_cache: join(home, 'cache') }) },
    stop: () => new Promise((resolve) => (child.once('exit', resolve), child.kill())),
  };
}

/** Publishes every public package of the workspace as built, and onnxruntime for this platform. */
export async function publishAll({ env }) {
  const publish = ['publish', '--ignore-scripts', '--no-provenance'];
  await run('npm', [...publish, '--workspaces'], { cwd: root, env });
  const onnxruntime = join(root, 'packages/onnxruntime');
  await run(process.execPath, ['scripts/packages.mjs', `${process.platform}-${process.arch}`], { cwd: onnxruntime });
  for (const name of readdirSync(join(onnxruntime, 'dist')))
    await run('npm', publish, { cwd: join(onnxruntime, 'dist', name), env });
}

/** A new folder of that name. */
export function folder(home, name) {
  const path = join(home, name);
  mkdirSync(path, { recursive: true });
  return path;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function answers(url) {
  for (let tries = 0; tries < 300; tries++) {
    if ((await fetch(url).catch(() => undefined))?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`Verdaccio does not answer at ${url}`);
}
