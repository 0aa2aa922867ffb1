/** Every page in light, dark and narrow, by keyboard and as assistive technology sees it; runs of the tool opened and compared. */
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawPeople, facewright, temporary, TINY, writeConfig } from '@facewright/test/tool';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { elsewhere, noBrowser, openStudio, picture } from './browser.js';

/** A file that is no report, too. */
const AXE = fileURLToPath(import.meta.resolve('axe-core/axe.min.js'));

interface Found {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

/** What axe-core finds against WCAG 2.1 A and AA, in words. */
async function faults(page: Page): Promise<string[]> {
  // by the debugger's way in, for the page's own policy lets no foreign script run
  if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations } = await page.evaluate<Found>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })`,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ''}`),
  );
}

describe.skipIf(noBrowser)(`the pages${noBrowser}`, () => {
  let runs: string;
  beforeAll(async () => {
    const directory = await temporary();
    const { list } = await drawPeople(join(directory, 'people'));
    // enough people kept out for a map of them
    await writeConfig(directory, { ...TINY, heldOut: { identities: 3, pairs: 20 } });
    runs = join(directory, 'runs');
    for (const seed of ['1', '2']) {
      const ended = await facewright(
        ['run', '--data', list, '--out', join('runs', `seed ${seed}`), '--seed', seed, '--backend', 'cpu', '--quiet'],
        { cwd: directory },
      );
      expect(ended.stderr).toBe('');
    }
  }, 240_000);

  for (const dark of [false, true]) {
    test(`no fault of accessibility, ${dark ? 'dark' : 'light'}, with two runs compared`, async () => {
      const studio = await openStudio({ directory: runs, dark });
      try {
        const { page } = studio;
        await page.getByRole('heading', { name: 'Compared' }).waitFor();
        await picture(page, dark ? 'runs-dark' : 'runs', 1250);
        const found: string[] = [];
        for (const name of ['Runs', 'Match', 'Train']) {
          await page.getByRole('link', { name, exact: true }).click();
          found.push(...(await faults(page)).map((fault) => `${name}: ${fault}`));
        }
        expect(found).toEqual([]);
        expect(elsewhere(studio)).toEqual([]);
        expect(studio.problems).toEqual([]);
      } finally {
        await studio.close();
      }
    }, 120_000);
  }

  test('on a narrow screen nothing must be scrolled sideways', async () => {
    const studio = await openStudio({ directory: runs, width: 360, height: 740 });
    try {
      const { page } = studio;
      await page.getByRole('heading', { name: 'Compared' }).waitFor();
      for (const name of ['Runs', 'Match', 'Train']) {
        await page.getByRole('link', { name, exact: true }).click();
        expect([name, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([name, 360]);
      }
    } finally {
      await studio.close();
    }
  }, 120_000);

  test('directories and a report by itself are opened; what is no run is told', async () => {
    const studio = await openStudio();
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
      // the report says of the run what its directory says
      const text = (name: string): Promise<string> =>
        page.getByRole('region', { name: `Report of ${name}` }).innerText();
      const moved = await text('moved');
      await page.getByLabel('Show in full').selectOption('runs/seed 1');
      expect(moved).toBe(await text('runs/seed 1'));
      await page.getByLabel('Choose reports…').setInputFiles(AXE);
      await page.getByText('There is no run in it').waitFor();
      expect(studio.problems).toEqual([]);
    } finally {
      await studio.close();
    }
  }, 120_000);

  test('the keyboard alone reaches a training and starts it', async () => {
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
      // the button that ends it has the keyboard now
      expect(await focused()).toBe('BUTTON Stop');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText('Stopped.').waitFor({ timeout: 60_000 });
    } finally {
      await studio.close();
    }
  }, 120_000);
});
