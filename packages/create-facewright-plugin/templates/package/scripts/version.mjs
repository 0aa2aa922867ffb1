// Writes the version in package.json into src/version.ts. Part of `npm run build`.
import { readFileSync, writeFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
writeFileSync(
  'src/version.ts',
  `/** The version in package.json; written by \`npm run build\`. */\nexport const VERSION = '${version}';\n`,
);
