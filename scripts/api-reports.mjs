// Writes `api/<package>.api.md`: everything that each package exports, as its declarations say. A change to what others build on then shows in the
// diff. `npm run api` writes them after a build; `npm run api -- --check` fails where one is out of date. Made by API Extractor.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

const root = fileURLToPath(new URL('..', import.meta.url));
const reportFolder = join(root, 'api');
const check = process.argv.includes('--check');
/** What the compiler resolves as a user's does: to the built declarations. */
const compilerOptions = {
  target: 'ES2022',
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  lib: ['ES2023', 'DOM'],
  types: ['node'],
  strict: true,
  skipLibCheck: true,
};
const NONE = { logLevel: ExtractorLogLevel.None };

/** The entry points with declarations: `.` has the package's own name, others have theirs behind it. */
function entriesOf(directory) {
  const { name, private: hidden, exports = {} } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  if (hidden) return [];
  return Object.entries(exports)
    .filter(([, target]) => typeof target.types === 'string')
    .map(([path, { types }]) => ({
      file: join(directory, types),
      report: [name.replace('@facewright/', ''), ...path.split('/').slice(1)].join('.'),
    }));
}

/**
 * The lines of a report in an order of their own: the compiler lists the members of a union in the order in which it met them, which differs from
 * build to build.
 */
const linesOf = (path) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .sort()
    .join('\n');

/** Writes the report unless it is up to date, or only checks. Whether it was. */
function report(directory, { file, report }, reportTempFolder) {
  const configObject = {
    projectFolder: directory,
    mainEntryPointFilePath: file,
    compiler: { overrideTsconfig: { compilerOptions, include: [file] } },
    apiReport: {
      enabled: true,
      reportFileName: report,
      reportFolder,
      reportTempFolder,
      includeForgottenExports: false,
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    messages: {
      compilerMessageReporting: { default: NONE },
      extractorMessageReporting: { default: NONE },
      tsdocMessageReporting: { default: NONE },
    },
  };
  const config = ExtractorConfig.prepare({
    configObject,
    configObjectFullPath: undefined,
    packageJsonFullPath: join(directory, 'package.json'),
  });
  const { apiReportChanged, errorCount } = Extractor.invoke(config, {
    localBuild: false,
    messageCallback: (message) => {
      message.handled =
        message.logLevel !== ExtractorLogLevel.Error || message.messageId.startsWith('console-api-report');
    },
  });
  if (errorCount && !apiReportChanged) throw new Error(`${report}: API Extractor failed`);
  const [fresh, kept] = [reportTempFolder, reportFolder].map((folder) => join(folder, `${report}.api.md`));
  if (existsSync(kept) && linesOf(fresh) === linesOf(kept)) return true;
  if (!check) copyFileSync(fresh, kept);
  return false;
}

mkdirSync(reportFolder, { recursive: true });
const directories = ['packages', 'apps'].flatMap((parent) =>
  readdirSync(join(root, parent))
    .sort()
    .map((name) => join(root, parent, name)),
);
const temporary = mkdtempSync(join(tmpdir(), 'facewright-api-'));
const stale = [];
try {
  for (const directory of directories)
    for (const entry of entriesOf(directory))
      if (!report(directory, entry, temporary)) stale.push(`${entry.report}.api.md`);
} finally {
  rmSync(temporary, { recursive: true });
}
if (check && stale.length) {
  console.error(
    `What these packages export has changed: ${stale.join(', ')}. Run "npm run build && npm run api" and commit the result.`,
  );
  process.exitCode = 1;
} else if (stale.length) console.log(`written: ${stale.join(', ')}`);
