/**
 * The manifests of examples/cluster: they have the shape that Kubernetes and Slurm expect, and their commands, run as they
 * stand with the environment those give them, prepare parts that merge to the bytes of an undivided preparation.
 */
import { spawn } from 'node:child_process';
import { chmod, cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { digestBelow } from './helpers/digest.js';
import { LAUNCHERS } from '../packages/cluster-mpi/test/launched.js';
import { facewright, patches, put, readJson, temporary, TINY } from './helpers/tool.js';

const EXAMPLES = fileURLToPath(new URL('../examples/cluster/', import.meta.url));
const BIN = fileURLToPath(new URL('../apps/cli/bin/facewright.js', import.meta.url));
/** The examples have twenty parts; so many processes would take long here. */
const PARTS = 3;

interface Container {
  readonly image: string;
  readonly command: readonly string[];
  readonly workingDir: string;
  readonly env?: readonly { readonly name: string }[];
  readonly volumeMounts: readonly { readonly name: string }[];
}
interface Manifest {
  readonly kind: string;
  readonly spec: {
    readonly completions?: number;
    readonly selector?: { readonly matchLabels?: object };
    readonly template: {
      readonly metadata?: { readonly labels: object };
      readonly spec: {
        readonly restartPolicy?: string;
        readonly containers: readonly Container[];
        readonly volumes?: readonly { readonly name: string }[];
      };
    };
  };
}

interface MpiJob {
  readonly spec: {
    readonly sshAuthMountPath: string;
    readonly mpiReplicaSpecs: Readonly<
      Record<'Launcher' | 'Worker', { readonly replicas: number } & Pick<Manifest['spec'], 'template'>>
    >;
  };
}

const manifests = async (name: string): Promise<Manifest[]> =>
  parseAllDocuments(await readFile(join(EXAMPLES, name), 'utf8')).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  });
const script = (name: string): Promise<string> => readFile(join(EXAMPLES, name), 'utf8');
const containersOf = (manifest: Manifest): readonly Container[] => manifest.spec.template?.spec.containers ?? [];

let directory: string;
let whole: Record<string, string>;
beforeAll(async () => {
  directory = await temporary();
  for (let person = 0; person < 7; person++)
    for (let photo = 0; photo < 3; photo++)
      await put(
        join(directory, `photos/${person}/${photo}.jpg`),
        await patches(9 * person + photo, 112, 112)
          .jpeg()
          .toBuffer(),
      );
  const { model, stages, validation } = TINY;
  const training = { backend: 'cpu', model, stages, validation };
  const config = {
    ...training,
    reader: 'aligned-folder',
    workers: 0,
    tiers: [{ name: 'all', above: 1, augment: ['opening'] }],
  };
  await put(join(directory, 'facewright.config.json'), JSON.stringify(config));
  // what a node has: npx, which finds the tool, the tool itself, Slurm's srun, and Open MPI
  await put(
    join(directory, 'bin/npx'),
    `#!/bin/bash\nwhile [[ $1 == --* ]]; do shift; done\nshift\nexec '${process.execPath}' '${BIN}' "$@"\n`,
  );
  await put(join(directory, 'bin/srun'), '#!/bin/bash\nexec "$@"\n');
  await put(join(directory, 'bin/facewright'), `#!/bin/bash\nexec '${process.execPath}' '${BIN}' "$@"\n`);
  await put(join(directory, 'bin/mpirun'), '#!/bin/bash\nexec mpirun.openmpi --oversubscribe "$@"\n');
  for (const name of ['npx', 'facewright', 'srun', 'mpirun']) await chmod(join(directory, 'bin', name), 0o755);
  await facewright(['prepare', '--data', 'photos', '--out', 'whole', '--quiet'], { cwd: directory });
  whole = await digestBelow(join(directory, 'whole'));
});

/** Runs a command with no environment but the given one and the PATH; returns what it says if it fails. */
function run(command: string, args: readonly string[], env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const path = `${join(directory, 'bin')}:${process.env.PATH}`;
    const child = spawn(command, args, {
      cwd: directory,
      env: { ...env, PATH: path },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (part: Buffer) => (said += part.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0 ? '' : said || `exit code ${code}`));
  });
}
async function merged(): Promise<Record<string, string>> {
  const found = await digestBelow(join(directory, 'dataset'));
  for (const name of ['parts', 'dataset']) await rm(join(directory, name), { recursive: true });
  return found;
}

test('the indexed Job and the merge give the bytes of an undivided preparation', async () => {
  const [job] = await manifests('prepare-job.yaml');
  expect(job).toMatchObject({
    apiVersion: 'batch/v1',
    kind: 'Job',
    spec: { completionMode: 'Indexed', completions: 20, template: { spec: { restartPolicy: 'Never' } } },
  });
  const [{ command }] = containersOf(job);
  expect(command.at(-1)).toBe(`auto/${job.spec.completions}`);
  const [program, ...args] = [...command.slice(0, -1), `auto/${PARTS}`];
  const indexes = Array.from({ length: PARTS }, (_, index) => String(index));
  expect(await Promise.all(indexes.map((index) => run(program, args, { JOB_COMPLETION_INDEX: index })))).toEqual([
    '',
    '',
    '',
  ]);
  // a pod that is started again when its part is finished
  expect(await run(program, args, { JOB_COMPLETION_INDEX: '1' })).toBe('');
  const [merge] = await manifests('merge-job.yaml');
  const [first, ...rest] = containersOf(merge)[0].command;
  expect(await run(first, rest, {})).toBe('');
  expect(await merged()).toEqual(whole);
});

test('the Slurm array and the merge give the same bytes', async () => {
  const text = await script('prepare.sbatch');
  const [, count] = /^#SBATCH --array=1-(\d+)$/m.exec(text)!;
  expect(text).toContain(`--part "$SLURM_ARRAY_TASK_ID/${count}"`);
  await put(join(directory, 'prepare.sbatch'), text.replace(`_ID/${count}"`, `_ID/${PARTS}"`));
  const ids = Array.from({ length: PARTS }, (_, index) => String(index + 1));
  const slurm = { SLURM_SUBMIT_DIR: directory };
  const task = (id: string) => run('bash', ['prepare.sbatch'], { ...slurm, SLURM_ARRAY_TASK_ID: id });
  expect(await Promise.all(ids.map(task))).toEqual(['', '', '']);
  expect(await run('bash', [join(EXAMPLES, 'merge.sbatch')], slurm)).toBe('');
  expect(await merged()).toEqual(whole);
});

test('every manifest mounts what it uses, keeps passwords in secrets, and selects its own pods', async () => {
  const names = ['prepare-job.yaml', 'merge-job.yaml', 'queue.yaml'];
  for (const manifest of (await Promise.all(names.map(manifests))).flat()) {
    const { template, selector } = manifest.spec;
    if (selector?.matchLabels) expect(template.metadata?.labels).toEqual(selector.matchLabels);
    for (const { env = [], volumeMounts, image } of containersOf(manifest)) {
      expect(image).toMatch(/^[\w./-]+:[\w.-]+$/);
      const volumes = [...(template.spec.volumes ?? []), { name: 'queue' }].map((volume) => volume.name);
      for (const mount of volumeMounts) expect(volumes).toContain(mount.name);
      const passwords = env.filter(({ name }) => name.includes('PASSWORD'));
      for (const variable of passwords) expect(variable).toHaveProperty('valueFrom.secretKeyRef.name');
    }
  }
});

const { missing } = LAUNCHERS.find(({ name }) => name === 'Open MPI')!;
test.skipIf(missing)(
  `the MPI operator's launcher trains in several processes, and goes on where it stopped${missing ? ` (skipped: ${missing})` : ''}`,
  async () => {
    const [job] = (await manifests('train-mpijob.yaml')) as unknown as MpiJob[];
    expect(job).toMatchObject({ apiVersion: 'kubeflow.org/v2beta1', kind: 'MPIJob', spec: { slotsPerWorker: 1 } });
    const { Launcher, Worker } = job.spec.mpiReplicaSpecs;
    for (const { template } of [Launcher, Worker])
      for (const { volumeMounts, workingDir } of template.spec.containers) {
        expect(template.spec.volumes!.map(({ name }) => name)).toEqual(volumeMounts.map(({ name }) => name));
        expect(workingDir).toBe('/data');
      }
    const [{ command }] = Launcher.template.spec.containers;
    expect(command.at(-1)).toContain(` -n ${Worker.replicas} `);
    const text = command.at(-1)!.replace(` -n ${Worker.replicas} `, ' -n 2 ').replace('--batch 512', '--batch 8');
    const [shell, ...flags] = command.slice(0, -1);
    await cp(join(directory, 'whole'), join(directory, 'dataset'), { recursive: true });
    const env = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1', HOME: directory };
    expect(await run(shell, [...flags, text], env)).toBe('');
    const { trained } = await readJson<{ trained: { steps: number } }>(join(directory, 'run/model/model.json'));
    expect(trained.steps).toBe(5);
    // the operator starts the launcher again
    expect(await run(shell, [...flags, text], env)).toBe('');
  },
);

test('the commands of the queue are commands of the tool', async () => {
  const commands = (await manifests('queue.yaml')).flatMap(containersOf).map(({ command }) => command);
  const ours = commands.filter(([program]) => program === 'npx');
  expect(ours).toHaveLength(2);
  for (const command of ours) {
    const args = command.slice(command.indexOf('facewright') + 1);
    const { code, stderr } = await facewright([...args, '--help'], { cwd: directory });
    expect(code, stderr).toBe(0);
    for (const option of args.filter((arg) => arg.startsWith('--')))
      expect((await facewright([args[0], '--help'])).stdout).toContain(option.split('=')[0]);
  }
});
