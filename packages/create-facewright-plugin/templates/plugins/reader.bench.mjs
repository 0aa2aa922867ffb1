// `npm run bench`: all photos of a folder of 500, in turn with the built-in reader of folders. `npm run bench -- 3` does
// three rounds.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folder } from '@facewright/datasets';
import { benchmarkReader, formatFigures } from '@facewright/testkit/benchmark';
import { myPlugin } from '../dist/index.js';

const rounds = Number(process.argv[2] ?? 10);
const directory = mkdtempSync(join(tmpdir(), 'my-plugin-'));
let list = '';
for (let person = 0; person < 50; person++) {
  mkdirSync(join(directory, 'people', `${person}`), { recursive: true });
  for (let photo = 0; photo < 10; photo++) {
    writeFileSync(join(directory, 'people', `${person}/${photo}.jpg`), new Uint8Array(20_000));
    list += `${person}\tpeople/${person}/${photo}.jpg\n`;
  }
}
writeFileSync(join(directory, 'list.txt'), list);
const readers = [myPlugin({ path: join(directory, 'list.txt') }), folder({ path: join(directory, 'people') })];
console.log(formatFigures(await benchmarkReader(readers, { rounds }), '500 photos'));
rmSync(directory, { recursive: true });
