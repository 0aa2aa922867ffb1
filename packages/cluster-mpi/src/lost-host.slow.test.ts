/** A host whose network goes away, as two network namespaces with a cable between them: the other ends within seconds. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { LAUNCHERS } from '../test/launched.js';

const ENDLESS = fileURLToPath(new URL('../test/endless.mjs', import.meta.url));
const [HERE, THERE] = [`fw-a-${process.pid}`, `fw-b-${process.pid}`];
/** For a busy machine. */
const PATIENCE_MS = 25_000;
const NETWORK = '10.213.77';
const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'pipe' });

function whyNot(): string | undefined {
  const { missing } = LAUNCHERS.find(({ name }) => name === 'Open MPI')!;
  if (missing !== undefined) return missing;
  for (const tool of ['ip', 'unshare']) if (spawnSync(tool, ['-V']).error) return `${tool} is not installed`;
  if (spawnSync('ip', ['netns', 'add', HERE]).status !== 0) return 'needs to make network namespaces';
  ip('netns', 'del', HERE);
  return undefined;
}
const why = whyNot();

const folder = mkdtempSync(join(tmpdir(), 'facewright-hosts-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
  if (!why) for (const host of [HERE, THERE]) spawnSync('ip', ['netns', 'del', host]);
});

/** Two hosts, and what mpirun calls in place of ssh. */
function connectHosts(): string {
  for (const host of [HERE, THERE]) ip('netns', 'add', host);
  ip('link', 'add', 'cable', 'netns', HERE, 'type', 'veth', 'peer', 'name', 'cable', 'netns', THERE);
  [HERE, THERE].forEach((host, index) => {
    ip('-n', host, 'addr', 'add', `${NETWORK}.${index + 1}/24`, 'dev', 'cable');
    for (const device of ['lo', 'cable']) ip('-n', host, 'link', 'set', device, 'up');
  });
  const agent = join(folder, 'agent');
  writeFileSync(agent, `#!/bin/bash\nshift\nexec ip netns exec ${THERE} unshare --uts bash -c "hostname there; $*"\n`);
  chmodSync(agent, 0o755);
  return agent;
}

test.skipIf(why)(`a host that loses its network ends the others${why ? ` (skipped: ${why})` : ''}`, async () => {
  const agent = connectHosts();
  const { command } = LAUNCHERS.find(({ name }) => name === 'Open MPI')!;
  const mca = { plm_rsh_agent: agent, plm_rsh_no_tree_spawn: '1', btl: 'tcp,self' };
  const only = { btl_tcp_if_include: `${NETWORK}.0/24`, oob_tcp_if_include: `${NETWORK}.0/24` };
  const options = Object.entries({ ...mca, ...only }).flatMap(([name, value]) => ['--mca', name, value]);
  const hosts = ['--host', `${NETWORK}.1:1,${NETWORK}.2:1`, '-n', '2'];
  // without --oversubscribe, which would start both on the first host
  const launcher = [
    command,
    '--allow-run-as-root',
    '--bind-to',
    'none',
    ...options,
    ...hosts,
    process.execPath,
    ENDLESS,
  ];
  const child = spawn(
    'ip',
    ['netns', 'exec', HERE, 'unshare', '--uts', 'bash', '-c', 'hostname here; exec "$@"', '-', ...launcher],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += String(part)));
  const said = async (text: RegExp): Promise<void> => {
    const end = Date.now() + PATIENCE_MS;
    while (!text.test(output) && child.exitCode === null && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(output).toMatch(text);
  };
  try {
    await said(/rank \d on \w+ sums[^]*rank \d on \w+ sums/);
    ip('-n', THERE, 'link', 'set', 'cable', 'down');
    await said(/rank 0: Rank 1 on there is gone: it ended, or nothing was heard of it for 1 s/);
  } finally {
    // mpirun itself waits long for the other host
    for (const host of [HERE, THERE]) {
      const pids = execFileSync('ip', ['netns', 'pids', host], { encoding: 'utf8' }).split('\n').filter(Boolean);
      for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
    }
  }
});
