// `npm run e2e:publish`: publishes every package to a Verdaccio on this machine, then uses them from empty folders
// outside the repository, as people who only know the registry would. Prints how long each part took. `-- --keep` keeps
// the folders; `-- --quick` takes other people's packages from npm's cache, and six people in place of the sample; names
// such as `cli code` select parts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publishAll, startRegistry } from './registry.mjs';
import { cli } from './parts/cli.mjs';
import { code } from './parts/code.mjs';
import { copies } from './parts/copies.mjs';
import { nodes } from './parts/nodes.mjs';
import { plugins } from './parts/plugins.mjs';

const parts = { cli, code, plugins, copies, nodes };

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1)); // Verdaccio ends with it

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const keep = process.argv.includes('--keep');
const quick = process.argv.includes('--quick');
const home = mkdtempSync(join(tmpdir(), 'facewright-publish-'));

async function timed(name, work) {
  const start = performance.now();
  try {
    return await work();
  } finally {
    console.log(`${name}: ${((performance.now() - start) / 1e3).toFixed(0)} s`);
  }
}

let registry;
let failed = 0;
try {
  registry = await timed('Verdaccio starts', () => startRegistry(home, quick));
  await timed('every package is published', () => publishAll(registry));
  for (const [name, part] of Object.entries(parts)) {
    if (wanted.length && !wanted.includes(name)) continue;
    try {
      await timed(`${name}: ${part.title}`, () => part.run(home, registry, quick));
    } catch (error) {
      failed++;
      console.error(`${name} failed: ${error.message}`);
    }
  }
} catch (error) {
  failed++;
  console.error(error.message);
} finally {
  await registry?.stop();
  if (keep) console.log(`kept: ${home}`);
  else rmSync(home, { recursive: true, force: true });
}
console.log(failed ? `${failed} failed` : 'all passed');
process.exitCode = failed ? 1 : 0;
