import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testReader } from '@facewright/testkit';
import { myPlugin } from './reader.js';

const directory = mkdtempSync(join(tmpdir(), 'my-plugin-'));
for (const name of ['ann1.jpg', 'ann2.jpg', 'ben1.jpg']) writeFileSync(join(directory, name), name);
writeFileSync(join(directory, 'list.txt'), 'Ann\tann1.jpg\nAnn\tann2.jpg\nBen\tben1.jpg\n');

testReader(myPlugin({ path: join(directory, 'list.txt') }), { expected: { Ann: 2, Ben: 1 } });
