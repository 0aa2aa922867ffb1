// Copies docs/plugins.md into this package, where it is shipped; links to other pages lead to the repository.
import { readFileSync, writeFileSync } from 'node:fs';

const page = readFileSync(new URL('../../../docs/plugins.md', import.meta.url), 'utf8');
const absolute = page.replace(/\]\((?!\w+:|#)/g, '](https://github.com/facewright/facewright/blob/main/docs/');
writeFileSync(new URL('../plugins.md', import.meta.url), absolute);
