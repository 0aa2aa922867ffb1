/** What the tests of the page share: the page built and served, a Chromium to open it, and a watch on where its requests go. */
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { CHROMIUM, CHROMIUM_FLAGS } from '@facewright/test/chromium';
import { temporary } from '@facewright/test/tool';
import { chromium, type Browser, type Page } from 'playwright-core';
import sharp from 'sharp';
import { build } from 'vite';
import { startStudio, type Studio } from '../src/server/index.js';

/** Why the tests are left out, for their names. */
export const noBrowser = CHROMIUM ? '' : ' (needs Chromium, e.g. apt-get install chromium)';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A moving test picture that the page may use without being asked. */
const FAKE_CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

/** Built once a process, into a directory of its own: test files run side by side. */
let built: Promise<string> | undefined;
async function buildPage(): Promise<string> {
  const outDir = await temporary();
  await build({ root, logLevel: 'error', build: { outDir } });
  return outDir;
}

export interface OpenPage {
  readonly page: Page;
  readonly studio: Studio;
  /** Every address that the page asked for, data and blobs of its own left out. */
  readonly requests: readonly string[];
  /** Whatever the page or its workers wrote on the console, and errors nobody caught. */
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
    page: await (built ??= buildPage()),
    ...(directory !== undefined && { directory }),
  });
  const browser: Browser = await chromium.launch({
    executablePath: CHROMIUM!,
    args: [...CHROMIUM_FLAGS, ...FAKE_CAMERA],
  });
  const context = await browser.newContext({
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
  return { page, studio, requests, problems, close: async () => (await browser.close(), studio.close()) };
}

/** The requests that went anywhere but to the page's own server. */
export const elsewhere = ({ requests, studio }: Pick<OpenPage, 'requests' | 'studio'>): string[] =>
  requests.filter((url) => !url.startsWith(studio.url));

/** What axe-core finds against WCAG 2.1 A and AA, in words. */
export async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
    .analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ''}`),
  );
}

/** Takes the picture of a page into the directory that `STUDIO_PICTURES` names, at most `height` pixels of it. */
export async function picture(page: Page, name: string, height?: number): Promise<void> {
  const directory = process.env.STUDIO_PICTURES;
  if (!directory) return;
  const { width } = page.viewportSize()!;
  const bytes = await page.screenshot({ fullPage: true, ...(height && { clip: { x: 0, y: 0, width, height } }) });
  await sharp(bytes).png({ palette: true, quality: 80, effort: 10 }).toFile(`${directory}/studio-${name}.png`);
}
