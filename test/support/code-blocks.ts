/**
 * Code blocks of Markdown pages. A comment on the line before a block says how it is treated:
 *
 *   <!-- file: examples/plugins/csv-logger.ts -->      the block shows that file, whole
 *   <!-- part of: packages/x/src/y.ts -->              that file holds the block, whatever its indentation
 *   <!-- given: declare const image: RgbImage; -->     lines that go before the block when it is type-checked
 *   <!-- browser: declare const file: File; -->        the same, for code that runs in a browser
 *
 * A first line such as `// my-loss.ts` names the block, so that other blocks of its page can import it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface CodeBlock {
  /** The page, relative to the root. */
  readonly page: string;
  /** Line of the page on which the code begins, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  readonly marker?: { readonly kind: 'file' | 'part of' | 'given' | 'browser'; readonly value: string };
}

const FENCE = '```';
const BLOCK = /(?:^<!-- (file|part of|given|browser):\s([^]*?)\s-->\n+)?^```(\w*)\n([^]*?)^```$/gm;

export function blocksOf(page: string, text = readFileSync(join(root, page), 'utf8')): CodeBlock[] {
  return [...text.matchAll(BLOCK)].map((match) => {
    const [whole, kind, value = '', language, code] = match;
    const start = match.index + whole.length - code.length - FENCE.length;
    return {
      page,
      line: text.slice(0, start).split('\n').length,
      language,
      code,
      ...(kind && { marker: { kind: kind as 'file', value } }),
    };
  });
}

const withoutSpace = (text: string): string => text.replace(/\s+/g, '');

/** Whether the file that a block says it is part of holds it. */
export const isPart = ({ code, marker }: CodeBlock): boolean =>
  withoutSpace(readFileSync(join(root, marker!.value), 'utf8')).includes(withoutSpace(code));

/** The text of a page with every block that shows a file brought up to date. */
export const withFiles = (text: string): string =>
  text.replace(BLOCK, (whole, kind: string, value: string, _language: string, code: string) =>
    kind === 'file'
      ? `${whole.slice(0, whole.length - code.length - FENCE.length)}${readFileSync(join(root, value), 'utf8')}${FENCE}`
      : whole,
  );

/** Every page that people read, relative to the root. */
export function pages(): string[] {
  const below = (directory: string): string[] =>
    readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' }).map((name) => `${directory}/${name}`);
  const readmes = ['packages', 'apps', 'examples', 'bench'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => `${parent}/${name}/README.md`),
  );
  const own = readdirSync(root).filter((name) => name.endsWith('.md'));
  const made = /^docs\/(reference|parts|\.vitepress)\//;
  return [...own, ...below('docs').filter((path) => path.endsWith('.md') && !made.test(path)), ...readmes]
    .filter((path) => ts.sys.fileExists(join(root, path)))
    .sort();
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  strict: true,
  experimentalDecorators: true,
  skipLibCheck: true,
  resolveJsonModule: true,
  allowImportingTsExtensions: true,
  noEmit: true,
};

/** What TypeScript says of the blocks, by page and line. Packages are seen as users get them: built. */
export const typeErrors = (blocks: readonly CodeBlock[]): string[] => {
  const inBrowser = ({ marker }: CodeBlock): boolean => marker?.kind === 'browser';
  return [
    ...errorsWith(
      OPTIONS,
      blocks.filter((block) => !inBrowser(block)),
    ),
    ...errorsWith({ ...OPTIONS, customConditions: ['browser'] }, blocks.filter(inBrowser)),
  ];
};

function errorsWith(options: ts.CompilerOptions, blocks: readonly CodeBlock[]): string[] {
  const files = new Map<string, { text: string; block: CodeBlock; before: number }>();
  for (const block of blocks) {
    const name = /^\/\/ ([\w./-]+\.ts)$/m.exec(block.code.split('\n', 1)[0])?.[1] ?? `line-${block.line}.ts`;
    const given = block.marker ? `${block.marker.value}\n` : '';
    const path = join(root, 'test/generated/blocks', dirname(block.page), block.page.replace(/\W/g, '-'), name);
    files.set(path, { text: `${given}${block.code}\nexport {};\n`, block, before: given.split('\n').length - 1 });
  }
  const host = ts.createCompilerHost(options);
  const plain = { ...host };
  host.fileExists = (path) => files.has(path) || plain.fileExists(path);
  host.readFile = (path) => files.get(path)?.text ?? plain.readFile(path);
  host.directoryExists = (path) =>
    [...files.keys()].some((file) => file.startsWith(path)) || plain.directoryExists!(path);
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files].flatMap(([path, { block, before }]) => {
    const file = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ start = 0, messageText }) => {
        const line = file!.getLineAndCharacterOfPosition(start).line - before + block.line;
        return `${block.page}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
      },
    );
  });
}
