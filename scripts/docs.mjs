// Writes the pages of the site that are made from the code, before VitePress builds it: docs/parts has a page per built-in plugin, with its options
// from the schema; docs/reference has the docstrings. Needs the packages built.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application } from 'typedoc';
import { builtins } from '../apps/cli/dist/builtins.js';
import { optionsSchema } from '../apps/cli/dist/config-schema.js';
import { typeText } from '../apps/cli/dist/config-keys.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const REPOSITORY = 'https://github.com/facewright/facewright/tree/main';
const PARTS = join(root, 'docs/parts');

/** How a config names a part of each kind. */
const IN_CONFIG = {
  reader: (part) => ({ reader: part }),
  detector: (part) => ({ detector: part }),
  aligner: (part) => ({ aligner: part }),
  augmenter: (part) => ({ tiers: [{ name: 'all', above: 0, augment: [part] }] }),
  model: (part) => ({ model: part }),
  loss: (part) => ({ stages: [{ loss: part, until: { epochs: 20 } }] }),
  optimiser: (part) => ({ stages: [{ loss: 'softmax', optimiser: part, until: { epochs: 20 } }] }),
  criterion: (part) => ({ stages: [{ loss: 'softmax', until: { any: [part] } }] }),
  backend: (part) => ({ backend: part }),
  logger: (part) => ({ loggers: [part] }),
  cluster: (part) => ({ cluster: part }),
};
/** These criteria have keys of their own under `until`. */
const UNTIL = {
  steps: { steps: 1000 },
  epochs: { epochs: 20 },
  plateau: { plateau: {} },
  accuracy: { accuracy: { atLeast: 0.9 } },
};

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');

function optionsTable(schema) {
  const { properties = {}, required = [] } = optionsSchema(schema);
  const rows = Object.entries(properties).map(([name, option]) => {
    const value = 'default' in option ? `\`${JSON.stringify(option.default)}\`` : '';
    const preset = required.includes(name) ? 'required' : value;
    return `| \`${name}\` | ${cell(typeText(option))} | ${cell(preset)} | ${cell(option.description ?? '')} |`;
  });
  return rows.length
    ? ['| option | type | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
    : 'It takes no options.';
}

/** What is written by hand about a part: formula, source and plot, without the title and the table of options, which are made here. */
function byHand(folder, name) {
  const page = join(root, folder, 'docs', `${name}.md`);
  if (!existsSync(page)) return '';
  if (existsSync(page.replace(/md$/, 'svg'))) copyFileSync(page.replace(/md$/, 'svg'), join(PARTS, `${name}.svg`));
  return readFileSync(page, 'utf8')
    .replace(/^# .*\n/, '')
    .replace(/^\| option \|[^]*?\n\n/m, '')
    .trim();
}

function partPage({ meta, options }, from) {
  const { kind, name, description = '' } = meta;
  const folder = from.replace('@facewright/', 'packages/');
  const config = kind === 'criterion' ? { stages: [{ loss: 'softmax', until: UNTIL[name] }] } : IN_CONFIG[kind](name);
  return `# ${name}

${description ? `${description[0].toUpperCase()}${description.slice(1)}. ` : ''}A ${kind} of [\`${from}\`](${REPOSITORY}/${folder}).

\`\`\`json
${JSON.stringify(config)}
\`\`\`

## Options

${optionsTable(options)}

${byHand(folder, name)}
`;
}

function writeParts() {
  rmSync(PARTS, { recursive: true, force: true });
  mkdirSync(PARTS, { recursive: true });
  const all = builtins.flatMap(({ name, plugins }) => plugins.map((plugin) => ({ plugin, from: name })));
  for (const { plugin, from } of all) writeFileSync(join(PARTS, `${plugin.meta.name}.md`), partPage(plugin, from));
  const listOf = (kind) =>
    all
      .filter(({ plugin }) => plugin.meta.kind === kind)
      .map(({ plugin: { meta } }) => `| [${meta.name}](${meta.name}.md) | ${cell(meta.description ?? '')} |`);
  const tables = Object.keys(IN_CONFIG).map(
    (kind) => `## ${kind}\n\n| name | |\n| --- | --- |\n${listOf(kind).join('\n')}\n`,
  );
  writeFileSync(
    join(PARTS, 'index.md'),
    `# Built-in parts\n\nThe names that a config can use, by kind. \`facewright plugins <name>\` prints the same in the terminal. To add your own, see\n[Write a plugin](../plugins.md). [What each part holds](conformance.md) has the results of the suites.\n\n${tables.join('\n')}`,
  );
}

/** One table a kind: how many of the suite's tests each part holds, in the configuration that holds least. */
function conformanceTable(kind, records) {
  const names = [...new Set(records.map(({ plugin }) => plugin))];
  const groups = [...new Set(records.flatMap((record) => Object.keys(record.groups)))];
  const engines = records.some(({ engine }) => engine);
  const row = (cells) => `| ${cells.join(' | ')} |`;
  const head = [kind, 'configurations', ...(engines ? ['on'] : []), ...groups];
  const rows = names.map((name) => {
    const own = records.filter(({ plugin }) => plugin === name);
    const on = [...new Set(own.flatMap(({ engine }) => engine ?? []))].sort().join(', ');
    const counts = groups.map((group) => {
      const of = (record) => record.groups[group].of - (group === 'general' ? record.notOffered.length : 0);
      const ran = own.filter((record) => record.groups[group]);
      const [least] = ran.sort((a, b) => of(b) - b.groups[group].held - (of(a) - a.groups[group].held));
      return least ? `${least.groups[group].held} of ${of(least)}` : '';
    });
    return row([`[${name}](${name}.md)`, own.length, ...(engines ? [on] : []), ...counts]);
  });
  return [row(head), row(head.map(() => '---')), ...rows].join('\n');
}

/** What parts do not offer, and where they fail a test by design, each with the names of the parts. */
function conformanceNotes(records) {
  const by = new Map();
  const inAll = (plugin) => (test) =>
    records.every((record) => record.plugin !== plugin || record.notOffered.includes(test));
  const note = (text, name) => by.set(text, new Set([...(by.get(text) ?? []), name]));
  for (const { plugin, notOffered, gaps } of records) {
    for (const test of notOffered.filter(inAll(plugin))) note(`*${test}*: not offered by`, plugin);
    for (const [test, reason] of Object.entries(gaps)) note(`*${test}*: skipped (${reason}) by`, plugin);
  }
  return [...by].map(([text, names]) => `- ${text} ${[...names].map((name) => `\`${name}\``).join(', ')}`).join('\n');
}

function writeConformance() {
  const all = JSON.parse(readFileSync(join(root, 'docs/conformance.json'), 'utf8'));
  const sections = Object.keys(IN_CONFIG).map((kind) => {
    const records = all.filter((record) => record.kind === kind);
    const known = builtins.flatMap(({ plugins }) => plugins).filter(({ meta }) => meta.kind === kind);
    const without = known.filter(({ meta }) => !records.some(({ plugin }) => plugin === meta.name));
    const open = without.map(({ meta }) => `- no results yet: \`${meta.name}\`\n`).join('');
    return `## ${kind}\n\n${conformanceTable(kind, records)}\n\n${conformanceNotes(records)}\n${open}`;
  });
  writeFileSync(
    join(PARTS, 'conformance.md'),
    `# What each part holds

Every built-in part passes the suite of its kind from [\`@facewright/testkit\`](${REPOSITORY}/packages/testkit). Most pass it in several
configurations. A count is that of the configuration with the most gaps, and leaves out what the part does not offer, as the contract allows. Both are
listed below each table, gaps with their reason. \`npm run conformance\` renews the results.

${sections.join('\n')}`,
  );
}

const PACKAGES = [
  'core',
  'run',
  'recognise',
  'losses',
  'models',
  'training',
  'preprocess',
  'datasets',
  'quality',
  'testkit',
  'compiled-engine',
];

async function writeReference() {
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    out: join(root, 'docs/reference'), // emptied first
    tsconfig: join(root, 'tsconfig.docs.json'),
    entryPoints: ['apps/cli', ...PACKAGES.map((name) => `packages/${name}`)].map((folder) =>
      join(root, folder, 'src/index.ts'),
    ),
    skipErrorChecking: true,
    readme: 'none',
    name: 'Reference',
    outputFileStrategy: 'modules',
    entryFileName: 'index',
    excludeExternals: true,
    excludeInternal: true,
    excludePrivate: true,
    disableSources: true,
    hidePageHeader: true,
    hideBreadcrumbs: true,
    hideGroupHeadings: false,
    sanitizeComments: true,
    useCodeBlocks: true,
    logLevel: 'Warn',
    validation: { notExported: false },
  });
  const project = await app.convert();
  if (!project) throw new Error('TypeDoc could not read the sources');
  for (const module of project.children)
    module.name = module.name
      .replace(/^(packages|apps)\//, '')
      .replace(/\/src.*/, '')
      .replace(/^cli$/, 'facewright');
  await app.generateOutputs(project);
}

writeParts();
writeConformance();
await writeReference();
