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
    `# Built-in parts\n\nThe names that a config can use, by kind. \`facewright plugins <name>\` prints the same in the terminal. To add your own, see\n[Write a plugin](../plugins.md).\n\n${tables.join('\n')}`,
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
await writeReference();
