// Writes each package's version into its version.ts, from which its plugins take theirs. Part of `npm run generate`.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const places = [
  ...readdirSync(`${root}packages`).map((name) => [`packages/${name}`, 'src/version.ts']),
  ['apps/studio', 'src/page/version.ts'],
];
for (const [directory, name] of places) {
  const file = `${root}${directory}/${name}`;
  if (!existsSync(file)) continue;
  const { version } = JSON.parse(readFileSync(`${root}${directory}/package.json`, 'utf8'));
  const text = `/** The version in package.json; written by \`npm run generate\`. */\nexport const VERSION = '${version}';\n`;
  if (readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}
