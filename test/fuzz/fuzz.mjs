// `npm run fuzz`: every parser of untrusted bytes against mutants of valid files, and random bytes. A mutant fails if
// it causes a crash, more than 2 s of CPU time (or 20 s of wall time), more than 512 MB, an error that is not the
// project's own, or a file outside its folder. Failures are kept under out/fuzz/, and the printed command replays them.
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HANGS_AFTER_MS = 20_000;
const LAST = 10;

const { values } = parseArgs({
  options: {
    mutants: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    from: { type: 'string', default: '0' },
    targets: { type: 'string', default: 'targets.mjs' },
    help: { type: 'boolean', default: false },
  },
});
const parsers = new URL(values.targets, import.meta.url).href;
const { targets } = await import(parsers);
if (values.help) {
  console.log(`npm run fuzz -- [--mutants n] [--seed s] [--only names] [--from i]

  --mutants  in all, spread over the parsers (default: 20000)
  --seed     another seed gives other mutants (default: 1)
  --only     parsers, separated by commas: ${Object.keys(targets).join(', ')}
  --from     the first mutant of each parser, to play one again: --only tar --from 17 --mutants 1
  --targets  another module of parsers, beside fuzz.mjs (default: targets.mjs)`);
  process.exit(0);
}
const names = values.only ? values.only.split(',') : Object.keys(targets);
const unknown = names.find((name) => !targets[name]);
if (unknown) {
  console.error(`There is no parser "${unknown}". There are: ${Object.keys(targets).join(', ')}`);
  process.exit(1);
}
const [seed, from] = [Number(values.seed), Number(values.from)];
const each = Math.ceil(Number(values.mutants) / names.length);
const kept = fileURLToPath(new URL('../../out/fuzz/', import.meta.url));

/** The process that runs mutants. It is replaced when a mutant hangs or kills it. */
let child;
const root = mkdtempSync(join(tmpdir(), 'facewright-fuzz-'));
mkdirSync(join(root, 'home'));

function start() {
  rmSync(join(root, 'made'), { recursive: true, force: true });
  child = fork(fileURLToPath(new URL('child.mjs', import.meta.url)), [root, parsers], {
    cwd: join(root, 'home'),
    env: { ...process.env, HOME: join(root, 'home'), TMPDIR: join(root, 'home') },
    execArgv: ['--max-old-space-size=512'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.text = '';
  child.stderr.on('data', (text) => (child.text = `${child.text}${text}`.slice(-2000)));
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => reject(new Error(`the fuzzed process does not start:\n${child.text}`)));
  });
}

/** Runs mutants `first` to `end`. If one ended the process, returns where it stopped and why. */
async function runChild(job, onProblem) {
  if (!child) await start();
  const own = child;
  own.removeAllListeners('message').removeAllListeners('exit');
  return new Promise((resolve) => {
    let [current, hung] = [job.first, false];
    const hang = () => {
      hung = true;
      own.kill('SIGKILL');
    };
    let timer = setTimeout(hang, HANGS_AFTER_MS);
    own.on('message', ({ begins, done, ...message }) => {
      clearTimeout(timer);
      timer = setTimeout(hang, HANGS_AFTER_MS);
      if (begins !== undefined) current = begins;
      if (message.problem) onProblem(message);
      if (!done) return;
      clearTimeout(timer);
      resolve({ next: job.end });
    });
    own.once('exit', (code, signal) => {
      clearTimeout(timer);
      child = undefined;
      const why = hung
        ? `hangs for more than ${HANGS_AFTER_MS / 1000} s`
        : `the process ended (${signal ?? code})\n${own.text}`;
      resolve({ next: current + 1, why, index: current });
    });
    own.send(job);
  });
}

function keep(target, { problem, index, files = {} }) {
  const folder = join(kept, `${target}-${seed}-${index}`);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), Buffer.from(content, 'base64'));
  }
  console.error(
    `${target}, mutant ${index}: ${problem}\n  again: npm run fuzz -- --seed ${seed} --only ${target} --from ${index} --mutants 1`,
  );
}

/** The files the process was reading when it ended. */
function lastFiles() {
  const work = join(root, 'work');
  const files = readdirSync(work, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      return [relative(work, path), readFileSync(path, 'base64')];
    }),
  );
}

const started = performance.now();
let played = 0;
let failures = 0;
for (const target of names) {
  const begin = performance.now();
  let own = 0;
  for (let first = from; first < from + each && own < LAST;) {
    const { next, why, index } = await runChild({ name: target, seed, first, end: from + each }, (found) => {
      own++;
      keep(target, found);
    });
    if (why) {
      own++;
      keep(target, { problem: why, index, files: lastFiles() });
    }
    played += next - first;
    first = next;
  }
  failures += own;
  console.log(
    `${target.padEnd(14)} ${each} mutants, ${own} failures, ${((performance.now() - begin) / 1000).toFixed(1)} s`,
  );
}
console.log(
  `${played} mutants of seed ${seed}: ${failures} failures, ${((performance.now() - started) / 1000).toFixed(0)} s`,
);
child?.kill();
rmSync(root, { recursive: true, force: true });
process.exit(failures > 0 ? 1 : 0);
