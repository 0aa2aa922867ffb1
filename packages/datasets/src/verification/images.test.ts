import { decodeImage } from '@facewright/platform/node';
import { sharedData } from '@facewright/test/shared-data';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { temporaryFolder, writeTree } from '../../test/files.js';
import { openImages } from './images.js';

const root = temporaryFolder();
const FILES = { 'lfw/Anna A/1.jpg': Buffer.from('one'), 'lfw/王/2.png': Buffer.from('two '.repeat(100)) };

/** A deflated zip file, built from the format's specification (APPNOTE 6.3). */
function zip(files: Readonly<Record<string, Buffer>>): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const packed = deflateRawSync(content);
    const text = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(text.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, text, packed]);
    const offset = Buffer.alloc(14);
    offset.writeUInt32LE(at, 10);
    central.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\0'), common, offset, text]));
    locals.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006');
  end.writeUInt16LE(central.length, 8);
  end.writeUInt16LE(central.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}

describe('images of a verification set', () => {
  test.each([
    [
      'a folder',
      () =>
        writeTree(join(root, 'folder'), {
          'Anna A/1.jpg': FILES['lfw/Anna A/1.jpg'],
          '王/2.png': FILES['lfw/王/2.png'],
        }),
    ],
    [
      'a zip file, with or without naming its single top folder',
      () => {
        writeFileSync(join(root, 'a.zip'), zip(FILES));
        return join(root, 'a.zip');
      },
    ],
  ])('are read from %s', async (_, make) => {
    const images = await openImages(make());
    expect([
      images.has('Anna A/1.jpg'),
      images.has('王/2.png'),
      images.has('王/3.png'),
      images.has('../a.zip'),
    ]).toEqual([true, true, false, false]);
    expect(
      await Promise.all(['Anna A/1.jpg', '王/2.png'].map(async (path) => Buffer.from(await images.bytes(path)))),
    ).toEqual(Object.values(FILES));
    await expect(images.bytes('王/3.png')).rejects.toMatchObject({
      name: expect.stringMatching(/FacewrightError|ImageError/) as string,
      where: expect.stringContaining('3.png') as string,
    });
    await expect(images.bytes('../a.zip')).rejects.toThrow('image does not exist');
    images.close();
  });

  test('a damaged entry is an error, never other bytes', async () => {
    const bytes = zip(FILES);
    const start = bytes.indexOf('Anna A/1.jpg') + 'Anna A/1.jpg'.length;
    bytes[start + 1] ^= 0x10;
    writeFileSync(join(root, 'damaged.zip'), bytes);
    const images = await openImages(join(root, 'damaged.zip'));
    await expect(images.bytes('Anna A/1.jpg')).rejects.toMatchObject({
      name: 'ImageError',
      where: expect.stringContaining('Anna A/1.jpg') as string,
    });
    images.close();
  });

  test.each([
    ['a missing path', 'nowhere', 'The folder or zip file does not exist.'],
    ['a file of another kind', 'text.zip', 'Cannot read this zip file'],
    ['a truncated zip file', 'cut.zip', 'Cannot read this zip file'],
  ])('%s is one clear error', async (_, name, what) => {
    writeTree(root, { 'text.zip': 'not a zip', 'cut.zip': zip(FILES).subarray(0, -30) });
    await expect(openImages(join(root, name))).rejects.toMatchObject({
      name: 'FacewrightError',
      what: expect.stringContaining(what) as string,
      where: join(root, name),
    });
  });

  const lfw = sharedData('lfw/lfw-112x112.zip');
  test.skipIf(!lfw)('LFW from its zip: 112×112 images (needs ../shared/data/lfw)', async () => {
    const images = await openImages(lfw!);
    const decoded = await decodeImage(await images.bytes('Abel_Pacheco/Abel_Pacheco_0004.jpg'));
    expect([decoded.width, decoded.height]).toEqual([112, 112]);
    images.close();
  });
});
