/**
 * A new user's first hour, step by step: a fresh folder, the tool installed, the sample stopped, photos of five people, the verdict, weights trained
 * elsewhere, a photo identified, and the exported model used from Python by its own README. On real photos and weights where they are beside the
 * checkout; else on drawn people and weights that know nothing. What a run on drawn people shows on a terminal of 80 columns is always compared with
 * golden/first-hour, looked at by a person. (The sample to its end: sample.slow.test.ts; a stopped run continued: interrupt.slow.test.ts.)
 */
import { execFileSync, spawn } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { generateSample } from '@facewright/datasets';
import sharp from 'sharp';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { installTool, registryAnswers } from './helpers/install.js';
import { noTerminal, onTerminal, transcriptOf } from './helpers/terminal.js';
import { readJson, temporary, writeConfig, type Ended } from './helpers/tool.js';
import { findPython } from './support/python.js';
import { sharedData } from './support/shared-data.js';

vi.setConfig({ testTimeout: 400_000, hookTimeout: 900_000 });

const PHOTOS = 9;
const { python, missing } = findPython('python-align', ['onnxruntime', 'numpy', 'opencv-python-headless']);

/**
 * The inputs of a case: photos in folders, another photo of one of the people, weights, and a config for a short run.
 */
interface Place {
  /** `photos/<person>/…` in the directory, nine each. Several photos show two faces. */
  fill(directory: string): Promise<void>;
  readonly weights: string;
  readonly config: object;
  /** The person in the photo `new/one.jpg`. */
  readonly person: string;
}

const QUICK = {
  batch: 8,
  validation: { minimum: 2, everySteps: 4 },
  heldOut: { identities: 2, pairs: 60 },
  stages: [
    { loss: 'softmax', rate: 1e-3, until: { steps: 6 } },
    { loss: 'arcface', rate: 1e-3, until: { steps: 4 } },
  ],
};

const SMALL_NET = {
  name: 'mobilefacenet',
  inputSize: 32,
  width: 0.125,
  embeddingSize: 16,
  bottlenecks: [[1, 64, 1, 2]],
};

const [people, y1, mtcnn] = ['people', 'models/insightface-y1', 'mtcnn/mtcnn_model-shard1'].map(sharedData);
const real: Place = {
  async fill(directory) {
    for (const person of await readdir(people!)) {
      const photos = (await readdir(join(people!, person))).sort().slice(0, PHOTOS);
      for (const photo of photos) await cp(join(people!, person, photo), join(directory, 'photos', person, photo));
    }
    await cp(join(people!, 'roger_federer/020.jpg'), join(directory, 'new/one.jpg'));
  },
  weights: y1!,
  config: { detector: { name: 'mtcnn', weights: mtcnn, minFace: 40 } },
  person: 'roger_federer',
};

/** One face per photo, and two in photos wider than high. */
const DETECTOR = `const meta = { name: 'halves', kind: 'detector', version: '1.0.0', apiVersion: 1 };
async function detect({ width, height }) {
  const faces = width > height ? 2 : 1;
  return Array.from({ length: faces }, (_, index) => {
    const side = width / faces;
    const at = (x, y) => [side * (index + x), y * height];
    const landmarks = { leftEye: at(0.36, 0.48), rightEye: at(0.64, 0.48), nose: at(0.5, 0.63), mouthLeft: at(0.4, 0.76), mouthRight: at(0.6, 0.76) };
    return { box: { x: side * index, y: 0, width: side * (1 - index / 10), height }, confidence: 0.9, landmarks };
  });
}
const create = async () => ({ fingerprint: 'halves', detect });
export default Object.assign(() => ({ meta, options: {}, create }), { meta, options: {}, create });
`;
const PORT = fileURLToPath(new URL('../packages/convert/reference/ports/arcface-torch.onnx.gz', import.meta.url));
const drawn: Place = {
  async fill(directory) {
    const photos = join(directory, 'photos');
    await generateSample({ directory: photos, people: 5, photos: PHOTOS + 1 });
    for (const name of await readdir(photos)) if (name.includes('.')) await rm(join(photos, name));
    const people = ['0000', '0001', '0002', '0003', '0004'];
    for (const path of people.flatMap((person) => [0, 1].map((photo) => join(photos, person, `000${photo}.jpg`)))) {
      const { width = 0 } = await sharp(path).metadata();
      const two = await sharp(path).extend({ right: width, extendWith: 'mirror' }).toBuffer();
      await writeFile(path, two);
    }
    await mkdir(join(directory, 'new'));
    await cp(join(photos, '0003/0009.jpg'), join(directory, 'new/one.jpg'));
    await writeFile(join(directory, 'halves.mjs'), DETECTOR);
    await writeFile(join(directory, 'weights.onnx'), gunzipSync(await readFile(PORT)));
  },
  weights: 'weights.onnx',
  config: { detector: './halves.mjs', backend: 'onnx' },
  person: '0003',
};

const source = registryAnswers() ? 'tarballs' : 'link';
const without = noTerminal();
/** Where the tool is installed; each case has its own folder in it. */
let home: string;
beforeAll(async () => {
  home = await temporary();
  await installTool(home, source);
});

const lacking = people && y1 && mtcnn ? undefined : '../shared/data: people, models, mtcnn';

describe.each([
  ['drawn people', drawn, undefined],
  ['real photos', real, lacking],
])(
  `the first hour with %s, the tool from ${source === 'link' ? 'the checkout: no registry answers' : source}`,
  (name, place, reason) => {
    describe.skipIf(reason)(reason === undefined ? 'goes' : `(skipped: needs ${reason})`, () => {
      const shownByPhotos = place === drawn && !lacking ? ' (skipped: the real photos show it)' : '';
      let cwd: string;
      beforeAll(async () => {
        cwd = join(home, name);
        await mkdir(cwd);
        await place.fill(cwd);
        await writeConfig(cwd, { ...place.config, ...QUICK, model: SMALL_NET });
      });

      /** Runs the tool installed in the folder, as npx would. */
      const facewright = (args: string, interruptAt?: RegExp): Promise<Ended> =>
        start(home, cwd, args.split(' '), interruptAt);

      /** The same on a terminal, where the drawn case's transcript is compared with the golden one. */
      const shown = async (args: string, golden: string): Promise<string> => {
        const { code, lines } = await onTerminal([process.execPath, binOf(home), ...args.split(' ')], {
          cwd,
          env: ENV,
        });
        expect([code, code === 0 ? '' : lines.join('\n')]).toEqual([0, '']);
        // a command, and a path, stay whole, so that they can be copied
        for (const line of lines)
          if (!/^ *(facewright |report: |dataset: |\/)/.test(line))
            expect([...line].length, line).toBeLessThanOrEqual(80);
        const transcript = transcriptOf(lines, cwd);
        if (place === drawn) await expect(transcript).toMatchFileSnapshot(`golden/first-hour/${golden}.txt`);
        return lines.map((line) => line.trim()).join(' ');
      };

      // the sample needs no photos, so once is enough
      test.skipIf(place === real)('the sample starts immediately, and says how to go on after Ctrl-C', async () => {
        const { code, stderr } = await facewright('run --sample', /prepare {2}/);
        expect([code, stderr]).toEqual([130, expect.stringContaining('--resume')]);
      });

      test.skipIf(without)(
        `own photos: small sets are accepted, lost photos are reported, and the verdict explains the result${without ? ` (skipped: ${without})` : ''}`,
        async () => {
          const text = await shown('run --data photos --out run', 'own-photos');
          expect(text).toMatch(/asks for 31 photos of each person, which 0 of 5 people have/);
          expect(text).toMatch(/photos \(\d+ %\) were left out because they show more than one face/);
          expect(text).toContain('--faces largest');
          expect(text).toMatch(/of pairs (were|are) classified correctly/);
          expect(text).toContain('There were only 3 people to learn from.');
          for (const command of [
            'facewright run --data photos --out run-2 --from <weights>',
            'facewright run --data photos --out run-2 --faces largest',
            'facewright studio run',
            'facewright export --model run/model --format onnx --out run/export',
          ])
            expect(text).toContain(command);
          const { verdict } = await readJson<{ verdict: { title: string } }>(join(cwd, 'run/metrics.json'));
          expect(await readFile(join(cwd, 'run/report.html'), 'utf8')).toContain(verdict.title);
        },
      );

      test.skipIf(shownByPhotos)(
        `weights trained elsewhere are imported and fine-tuned by one command${shownByPhotos}`,
        async () => {
          const { stages: _, ...quick } = QUICK;
          const tuning = [{ loss: 'arcface', rate: 1e-4, freeze: { steps: 2 }, until: { steps: 4 } }];
          await writeConfig(cwd, { ...place.config, ...quick, stages: tuning });
          const { code, stdout, stderr } = await facewright(
            `run --data photos --out tuned --faces largest --from ${place.weights}`,
          );
          expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
          expect(stderr).not.toContain('more than one face');
          expect(stderr).toContain('set to the mean embedding');
          expect(stdout).not.toContain('--from <weights>');
          const { verification } = await readJson<{ verification: { accuracy: number } }>(
            join(cwd, 'tuned/metrics.json'),
          );
          // the largest face in a photo is sometimes another person
          if (place === real) expect(verification.accuracy).toBeGreaterThan(0.75);
        },
      );

      test.skipIf(shownByPhotos)(`a photo is identified${shownByPhotos}`, async () => {
        const identify = 'identify new --gallery photos --model tuned --threshold 0.2';
        const { code, stdout, stderr } = await facewright(identify);
        expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
        if (place === real) expect(stdout).toContain(`one.jpg: ${place.person}`);
        else expect(stdout).toMatch(/one\.jpg: \S+/);
      });

      test.skipIf(shownByPhotos || missing)(
        `the exported model is used from Python by its README${shownByPhotos || (missing ? ` (skipped: ${missing})` : '')}`,
        async () => {
          const { code, stderr } = await facewright('export --model tuned --format onnx --out export');
          expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
          const text = await readFile(join(cwd, 'export/README.md'), 'utf8');
          expect(text).toContain('Two photos count as the same person if');
          const script = /```python\n(.*?)```/s.exec(text)![1];
          const promised = Number(/# (-?[\d.]+)\n$/.exec(script)![1]);
          const told = execFileSync(python!, ['-c', script], {
            cwd: join(cwd, 'export'),
            env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
            encoding: 'utf8',
          });
          expect(Math.abs(Number(/cosine (-?[\d.]+)/.exec(told)![1]) - promised)).toBeLessThan(1e-3);
        },
      );
    });
  },
);

const ENV = { FACEWRIGHT_CACHE: '../cache' };
const binOf = (folder: string): string => join(folder, 'node_modules/facewright/bin/facewright.js');

function start(home: string, cwd: string, args: readonly string[], interruptAt?: RegExp): Promise<Ended> {
  const env = { ...process.env, NO_COLOR: '1', ...ENV };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [binOf(home), ...args], { cwd, env });
    let [stdout, stderr, stopped] = ['', '', false];
    child.stdout.on('data', (part: Buffer) => (stdout += part.toString()));
    child.stderr.on('data', (part: Buffer) => {
      stderr += part.toString();
      if (!stopped && interruptAt?.test(stderr)) stopped = child.kill('SIGINT');
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr, json: <T>() => JSON.parse(stdout) as T }));
  });
}
