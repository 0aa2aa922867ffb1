/**
 * Every page in light, dark and narrow layouts, by keyboard and with assistive technology; runs of the tool are opened
 * and compared.
 */
import { appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawPeople, facewright, temporary, TINY, writeConfig } from '@facewright/test/tool';
import { beforeAll, describe, expect, test } from 'vitest';
import { elsewhere, faultsInEveryLook, noBrowser, openStudio } from './browser.js';

const PAGES = ['Runs', 'Match', 'Train'];

describe.skipIf(noBrowser)(`the pages${noBrowser}`, () => {
  let runs: string;
  beforeAll(async () => {
    const directory = await temporary();
    const { list } = await drawPeople(join(directory, 'people'));
    // enough people held out for a map of them
    await writeConfig(directory, { ...TINY, heldOut: { identities: 3, pairs: 20 } });
    runs = join(directory, 'runs');
    const started = ['1', '2'].map((seed) =>
      facewright(
        ['run', '--data', list, '--out', join('runs', `seed ${seed}`), '--seed', seed, '--backend', 'cpu', '--quiet'],
        { cwd: directory },
      ),
    );
    for (const { stderr } of await Promise.all(started)) expect(stderr).toBe('');
  });

  test('every page without a violation, in light and dark, wide and narrow', async () => {
    const studio = await openStudio({ directory: runs });
    try {
      const { page } = studio;
      await page.getByRole('heading', { name: 'Compared' }).waitFor();
      await page.getByRole('heading', { name: 'Aligned faces' }).waitFor();
      for (const name of PAGES) {
        await page.getByRole('link', { name, exact: true }).click();
        expect(await faultsInEveryLook(page, name.toLowerCase())).toEqual([]);
      }
      expect(elsewhere(studio)).toEqual([]);
      expect(studio.problems).toEqual([]);
    } finally {
      await studio.close();
    }
  });

  test('the map of people has its colours, and the time bars have their widths', async () => {
    const studio = await openStudio({ directory: runs, dark: true });
    try {
      const { page } = studio;
      await page.locator('svg.map circle').first().waitFor();
      const colours = await page.evaluate<string[]>(
        `Array.from(document.querySelectorAll('svg.map circle'), (dot) => getComputedStyle(dot).fill)`,
      );
      expect(colours).not.toContain('rgb(0, 0, 0)');
      expect(new Set(colours).size).toBeGreaterThan(2);
      for (const bar of await page.locator('svg.time').all()) {
        const { width, height } = (await bar.locator('rect').first().boundingBox())!;
        expect(width).toBeGreaterThan(20);
        expect(height).toBeGreaterThan(8);
      }
    } finally {
      await studio.close();
    }
  });

  test('directories and a single report can be opened; anything else is reported', async () => {
    const studio = await openStudio({ width: 390 });
    try {
      const { page } = studio;
      await page.getByLabel('Choose a directory…').setInputFiles(runs);
      await page.getByText('Opened 2 runs and 2 models.').waitFor();
      await page.getByRole('heading', { name: 'Compared' }).waitFor();
      const report = join(await temporary(), 'moved.html');
      await cp(join(runs, 'seed 1', 'report.html'), report);
      await page.getByLabel('Choose reports…').setInputFiles(report);
      await page.getByText('Opened 1 run and 0 models.').waitFor();
      await page.getByRole('region', { name: 'Report of moved' }).waitFor();
      // the report shows what the run's directory shows
      const text = (name: string): Promise<string> =>
        page.getByRole('region', { name: `Report of ${name}` }).innerText();
      const moved = await text('moved');
      expect(moved).toContain('Aligned faces');
      await page.getByRole('button', { name: 'runs/seed 1', exact: true }).click();
      await expect.poll(() => text('runs/seed 1')).toBe(moved);
      await page.getByLabel('Choose reports…').setInputFiles(fileURLToPath(import.meta.url));
      await page.getByText('No run found').waitFor();
      expect(studio.problems).toEqual([]);
    } finally {
      await studio.close();
    }
  });

  test('a run in progress is followed, with the time left, and its verdict appears at the end', async () => {
    const directory = join(await temporary(), 'runs');
    const live = join(directory, 'live');
    await mkdir(live, { recursive: true });
    const lines = (await readFile(join(runs, 'seed 1/events.jsonl'), 'utf8')).split(/(?<=\n)/);
    // how often a run reports progress depends on the machine's speed, so the test reports it, after the second step
    const half = lines.flatMap((line, index) => (line.includes('"type":"train.step"') ? index : []))[1] + 1;
    const { at } = JSON.parse(lines[half - 1]) as { at: number };
    const images = { done: 16, total: 40, unit: 'images', perSecond: 4, text: 'softmax, loss 1.2' };
    lines.splice(half - 1, 0, `${JSON.stringify({ type: 'progress', at, task: 'train', ...images })}\n`);
    // as if it happened now
    const shift = Date.now() - at;
    const told = lines.map((line) => line.replace(/"at":(\d+)/, (_, at: string) => `"at":${Number(at) + shift}`));
    await writeFile(join(live, 'events.jsonl'), told.slice(0, half).join('') + told[half].slice(0, 20));
    const studio = await openStudio({ directory });
    try {
      const { page } = studio;
      const list = page.getByRole('region', { name: 'Open runs' });
      await list.getByText(/^Training: .* of .* images · (at most )?.* left$/).waitFor();
      await page.getByRole('heading', { name: 'Training', exact: true }).waitFor();
      expect(await faultsInEveryLook(page, 'live')).toEqual([]);
      await page.getByText('Config', { exact: true }).click();
      const verdict = { level: 'poor', title: 'Near chance.', reasons: ['Only 3 people to learn from.'], next: [] };
      await writeFile(join(live, 'metrics.json'), JSON.stringify({ verdict }));
      await appendFile(join(live, 'events.jsonl'), told[half].slice(20) + told.slice(half + 1).join(''));
      await list.getByText('of pairs correct · took').waitFor({ timeout: 15_000 });
      await page.getByRole('region', { name: 'Verdict' }).getByText('Only 3 people to learn from.').waitFor();
      // what was opened stays open while the page is redrawn
      expect(await page.getByText('"heldOut"').isVisible()).toBe(true);
      // a second run that starts later appears next to it
      await cp(join(runs, 'seed 2'), join(directory, 'later'), { recursive: true });
      await page.getByRole('heading', { name: 'Compared' }).waitFor({ timeout: 20_000 });
      expect(studio.problems).toEqual([]);
    } finally {
      await studio.close();
    }
  });

  test('a training can be reached and started with the keyboard alone', async () => {
    const studio = await openStudio();
    try {
      const { page } = studio;
      const focused = (): Promise<string> =>
        page.evaluate('`${document.activeElement.tagName} ${document.activeElement.textContent}`');
      await page.keyboard.press('Tab');
      expect(await focused()).toBe('A Skip to the page');
      for (let i = 0; i < 3; i++) await page.keyboard.press('Tab');
      expect(await focused()).toBe('A Train');
      await page.keyboard.press('Enter');
      await expect.poll(focused).toBe('H1 Train');
      for (let i = 0; i < 30 && (await focused()) !== 'BUTTON Train'; i++) await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.getByText('Preparing…').waitFor();
      // the Stop button now has keyboard focus
      expect(await focused()).toBe('BUTTON Stop');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText('Stopped.').waitFor({ timeout: 60_000 });
    } finally {
      await studio.close();
    }
  });
});
