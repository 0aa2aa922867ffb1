/**
 * Shared by the page's tests: the page built and served, a Chromium to open it, and a record of its requests. The page
 * is built once for all test files, and Chromium started once for each.
 */
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { whileLocked } from '@facewright/platform/node';
import { CHROMIUM, CHROMIUM_FLAGS } from '@facewright/test/chromium';
import { chromium, type Browser, type Page } from 'playwright-core';
import sharp from 'sharp';
import { build } from 'vite';
import { afterAll } from 'vitest';
import { startStudio, type Studio } from '../src/server/index.js';

/** Why the tests are skipped, for their names. */
export const noBrowser = CHROMIUM ? '' : ' (needs Chromium, e.g. apt-get install chromium)';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A moving test picture that the page may use without asking. */
const FAKE_CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

/** The first test file to ask builds the page, into the directory of this run's temporary files; others wait for it. */
const builtPage = (): Promise<string> => {
  const directory = join(tmpdir(), 'studio-page');
  return whileLocked(directory, { wait: 180_000 }, async () => {
    if (!existsSync(directory)) {
      await build({ root, logLevel: 'error', build: { outDir: `${directory}-new` } });
      await rename(`${directory}-new`, directory);
    }
    return directory;
  });
};

let started: Promise<Browser> | undefined;
const browser = (): Promise<Browser> =>
  (started ??= chromium.launch({ executablePath: CHROMIUM!, args: [...CHROMIUM_FLAGS, ...FAKE_CAMERA] }));
afterAll(async () => (await started)?.close());

export interface OpenPage {
  readonly page: Page;
  readonly studio: Studio;
  /** Every URL the page requested, except its own data and blob URLs. */
  readonly requests: readonly string[];
  /** Console messages of the page or its workers, and uncaught errors. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

export async function openStudio({
  directory,
  dark = false,
  width = 1120,
  height = 900,
}: { directory?: string; dark?: boolean; width?: number; height?: number } = {}): Promise<OpenPage> {
  const studio = await startStudio({
    port: 0,
    page: await builtPage(),
    ...(directory !== undefined && { directory }),
  });
  const context = await (
    await browser()
  ).newContext({
    colorScheme: dark ? 'dark' : 'light',
    viewport: { width, height },
    acceptDownloads: true,
  });
  const requests: string[] = [];
  const problems: string[] = [];
  context.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith('blob:') && !url.startsWith('data:')) requests.push(url);
  });
  const page = await context.newPage();
  page.on('console', (message) => problems.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(studio.url);
  return { page, studio, requests, problems, close: async () => (await context.close(), studio.close()) };
}

/** Requests to anything but the page's own server. */
export const elsewhere = ({ requests, studio }: Pick<OpenPage, 'requests' | 'studio'>): string[] =>
  requests.filter((url) => !url.startsWith(studio.url));

/** Violations of WCAG 2.1 A and AA found by axe-core, in words. */
async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
    .setLegacyMode() // without frames of other origins, it needs no page of its own for the results
    .analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ''}`),
  );
}

const LOOKS = [1280, 390].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);

/** Violations and sideways scrolling of what the page shows now, at both widths and in both themes. */
export async function faultsInEveryLook(page: Page, name: string): Promise<string[]> {
  const before = page.viewportSize()!;
  const found: string[] = [];
  for (const { width, colorScheme } of LOOKS) {
    await page.setViewportSize({ ...before, width });
    await page.emulateMedia({ colorScheme });
    await picture(page, `${name}-${width}-${colorScheme}`);
    const needed = await page.evaluate<number>('document.documentElement.scrollWidth');
    const wide = needed > width ? [`needs ${needed} pixels`] : [];
    for (const fault of [...wide, ...(await faults(page))]) found.push(`${name}, ${width} ${colorScheme}: ${fault}`);
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: 'light' });
  return found;
}

/** Saves a screenshot, at most `height` pixels high, in the directory named by `STUDIO_PICTURES`. */
export async function picture(page: Page, name: string, height?: number): Promise<void> {
  const directory = process.env.STUDIO_PICTURES;
  if (!directory) return;
  const { width } = page.viewportSize()!;
  const bytes = await page.screenshot({ fullPage: true, ...(height && { clip: { x: 0, y: 0, width, height } }) });
  await sharp(bytes).png({ palette: true, quality: 80, effort: 10 }).toFile(`${directory}/studio-${name}.png`);
}
