/** The sample run as made by `npm start`: it tells people apart that it was never trained on. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { facewright, temporary } from './helpers/tool.js';

interface Metrics {
  readonly preparation: {
    readonly photos: number;
    readonly kept: number;
    readonly reasons: Record<string, number>;
    readonly perTier: Record<string, { readonly identities: number }>;
  };
  readonly stages: readonly { readonly loss: string; readonly steps: number }[];
  readonly verification: { readonly pairs: number; readonly accuracy: number };
  readonly verdict: { readonly reasons: readonly string[]; readonly next: readonly { readonly command?: string }[] };
}

test('reaches 90 % verification accuracy, every tier has people, and a second start replaces it', async () => {
  const directory = await temporary();
  const ended = await facewright(['run', '--sample', '--json'], { cwd: directory });
  expect(ended.code).toBe(0);
  const { metrics, report } = ended.json<{ metrics: Metrics; report: string }>();
  expect(report).toBe(join(directory, 'facewright-sample', 'report.html'));
  expect(metrics.verification.accuracy).toBeGreaterThanOrEqual(0.9);
  expect(metrics.verification.pairs).toBeGreaterThanOrEqual(1000);
  expect(Object.entries(metrics.preparation.perTier).map(([tier, { identities }]) => [tier, identities > 0])).toEqual([
    ['picked', true],
    ['kept', true],
    ['opened', true],
    ['noised', true],
  ]);
  expect(metrics.preparation.reasons['too-few-photos']).toBe(8);
  // nearly all of the drawn faces are detected
  expect(metrics.preparation.kept).toBeGreaterThan(0.95 * (metrics.preparation.photos - 12));
  expect(metrics.stages.map(({ loss }) => loss)).toEqual(['softmax', 'arcface']);
  expect(metrics.verdict.reasons).toContainEqual(expect.stringContaining('It learned from drawn faces.'));
  expect(metrics.verdict.next.map(({ command }) => command)).toContain('facewright run --data photos/ --out run');
  const page = await readFile(report, 'utf8');
  expect(page).toContain('arcface from step');
  expect(page.match(/data:image\/jpeg;base64/g)!.length).toBeGreaterThan(20);

  // no complaint about the existing run; interrupted soon, because only its start matters here
  const again = await facewright(['run', '--sample'], { cwd: directory, interruptAt: /prepare {2}/ });
  expect([again.code, again.stderr]).toEqual([130, expect.stringContaining('Using the existing sample')]);
}, 900_000);
