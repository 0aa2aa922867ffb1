import { createServer, type Server } from 'node:http';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FacewrightError, Interrupted, type EventType } from '@facewright/core';
import { sharedData } from '@facewright/test/shared-data';
import { testContext } from '@facewright/testkit';
import { golden, sha256 } from '../../test/support.js';
import { NET_SIZES, netTensors, WEIGHT_COUNT, WEIGHTS_SHA256 } from './layout.js';
import { mtcnn } from './plugin.js';
import { MtcnnUnavailable, mtcnnWith } from './plugin-with.js';
import { numbersOf, readWeights } from './weights-file.js';
import { resolveMtcnnWeights, resolveWeights, type Published, type WeightsOptions } from './weights.js';

const weightsDirectory = sharedData('mtcnn');
let directory: string;
let server: Server | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mtcnn weights-'));
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(directory, { recursive: true });
});

/** A local server that answers with these bytes, or never. */
async function serve(body: Uint8Array | undefined, status = 200): Promise<string> {
  server = createServer((_, response) => {
    if (body) response.writeHead(status, { 'content-length': body.length }).end(body);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server!.address() as AddressInfo).port}/weights`;
}
const NAMES = ['pnet', 'rnet', 'onet'] as const;
/**
 * A wheel like that of `mtcnn` 0.1.1: an .npy with one pickled dictionary of lists of arrays; here one array per
 * network. `names`: whose numbers are given under the names in their order.
 */
function wheelOf(numbers: Uint8Array, names: readonly (typeof NAMES)[number][] = NAMES, level: 0 | 1 = 0): Uint8Array {
  const text = (value: string): Buffer => Buffer.concat([Buffer.of(0x8c, value.length), Buffer.from(value)]);
  const raw = (value: string): Buffer => Buffer.from(value, 'latin1');
  const uint = (opcode: string, value: number): Buffer => {
    const four = Buffer.alloc(4);
    four.writeUInt32LE(value);
    return Buffer.concat([raw(opcode), four]);
  };
  const array = (shape: Buffer, dtype: string, content: Buffer): Buffer =>
    Buffer.concat([
      raw('cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01'),
      shape,
      raw('cnumpy\ndtype\n'),
      text(dtype),
      raw('\x89\x88\x87R(K\x03'),
      text('<'),
      raw('NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89'),
      content,
      raw('tb'),
    ]);
  let at = 0;
  const nets = names.flatMap((name, index) => {
    const bytes = numbers.subarray(at, (at += NET_SIZES[name] * 4));
    return [
      text(NAMES[index]),
      raw(']('),
      array(
        Buffer.concat([uint('J', NET_SIZES[name]), raw('\x85')]),
        'f4',
        Buffer.concat([uint('B', bytes.length), bytes]),
      ),
      raw('e'),
    ];
  });
  const pickle = Buffer.concat([
    raw('\x80\x04'),
    array(raw(')'), 'O8', Buffer.concat([raw('](}('), ...nets, raw('ue')])),
    raw('.'),
  ]);
  const header = "{'descr': '|O', 'fortran_order': False, 'shape': (), }\n";
  const files = {
    'mtcnn/data/mtcnn_weights.npy': Buffer.concat([
      raw(`\x93NUMPY\x01\x00${String.fromCharCode(header.length)}\x00`),
      raw(header),
      pickle,
    ]),
  };
  return zipSync(files, { level });
}
const shard = (): Promise<Buffer> => readFile(`${weightsDirectory}/mtcnn_model-shard1`);
const real = test.skipIf(!weightsDirectory);

/** Numbers in place of the published ones, which need not be there. */
const NUMBERS = new Uint8Array(Float32Array.from({ length: WEIGHT_COUNT }, (_, i) => (i % 8191) - 4000).buffer);
const WHEEL = wheelOf(NUMBERS, NAMES, 1);
const madeUp: Published = {
  read(bytes, source) {
    const numbers = numbersOf(bytes, source);
    if (sha256(numbers) !== sha256(NUMBERS)) throw new FacewrightError({ what: 'Other numbers.', where: source });
    return { numbers, sha256: 'made up', source };
  },
  wheelSha256: sha256(WHEEL),
};
/** From the cache in the test's directory, and from nowhere else but where `options` say. */
const resolved = (options: WeightsOptions): ReturnType<typeof resolveWeights> =>
  resolveWeights({ cacheDirectory: directory, url: 'http://127.0.0.1:1/', pip: [], ...options }, madeUp);
const CACHED = 'mtcnn-weights.f32';

test('the networks have the published number of weights', () => {
  expect([WEIGHT_COUNT, NET_SIZES.pnet]).toEqual([495_850, 6_632]);
});

test('kernels are transposed to rows first, and the class columns become one difference', () => {
  const numbers = Float32Array.from({ length: WEIGHT_COUNT }, (_, i) => i % 8191);
  const { pnet, rnet } = netTensors(numbers);
  const at = (x: number, y: number, rest: number): number => numbers[(x * 3 + y) * 30 + rest];
  expect(pnet['conv1/kernel'].shape).toEqual([3, 3, 3, 10]);
  for (const [x, y, rest] of [
    [0, 1, 7],
    [2, 0, 29],
    [1, 1, 0],
  ])
    expect(pnet['conv1/kernel'].data[(y * 3 + x) * 30 + rest]).toBe(at(x, y, rest));
  // P-Net's heads are its last numbers: [32, 2], 2 biases, [32, 4], 4 biases
  const heads = numbers.subarray(NET_SIZES.pnet - 198, NET_SIZES.pnet);
  expect(pnet['heads/kernel'].shape).toEqual([1, 1, 32, 5]);
  expect([...pnet['heads/kernel'].data.slice(5, 10)]).toEqual([heads[3] - heads[2], ...heads.subarray(66 + 4, 66 + 8)]);
  expect([...pnet['heads/bias'].data]).toEqual([heads[65] - heads[64], ...heads.subarray(194, 198)]);
  expect(rnet['dense/kernel'].shape).toEqual([576, 128]);
  const dense = numbers.subarray(NET_SIZES.pnet + 3 * 3 * 3 * 28 + 56 + 3 * 3 * 28 * 48 + 96 + 2 * 2 * 48 * 64 + 128);
  expect(rnet['dense/kernel'].data[((1 * 3 + 2) * 64 + 5) * 128 + 9]).toBe(dense[((2 * 3 + 1) * 64 + 5) * 128 + 9]);
});

describe('files that are not the weights', () => {
  test('other numbers are rejected by their hash', () => {
    expect(() => readWeights(new Uint8Array(WEIGHT_COUNT * 4), 'zeros.bin')).toThrow(
      /not the published MTCNN weights[^]*zeros\.bin/,
    );
  });
  test('wrong length, empty file and unrelated zip have different messages', () => {
    expect(() => readWeights(new Uint8Array(7), 'seven')).toThrow(/7 bytes/);
    expect(() => readWeights(new Uint8Array(), 'empty')).toThrow(/0 bytes/);
    expect(() => readWeights(zipSync({ 'a.txt': strToU8('a') }), 'a.zip')).toThrow(
      /no mtcnn\/data\/mtcnn_weights\.npy/,
    );
    expect(() => readWeights(zipSync({ 'a.txt': strToU8('a') }).subarray(0, 30), 'cut.zip')).toThrow(FacewrightError);
  });
  test('an .npy of something else', () => {
    const npy = (header: string, body: Uint8Array): Uint8Array =>
      Buffer.concat([
        Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
        Buffer.of(header.length, 0),
        Buffer.from(header),
        body,
      ]);
    expect(() =>
      readWeights(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", new Uint8Array(12)), 'x.npy'),
    ).toThrow(/not contain a dictionary/);
    expect(() => readWeights(npy("{'descr': '|O'}", Buffer.from(golden.pickles[2], 'base64')), 'x.npy')).toThrow(
      /0 numbers for "pnet"/,
    );
    expect(() => readWeights(Buffer.from('\x93NUMPY\x01', 'latin1'), 'cut.npy')).toThrow(FacewrightError);
  });
});

describe(`the published ones${weightsDirectory ? '' : ' (needs ../shared/data/mtcnn)'}`, () => {
  real('from a file, and from a directory that holds one', async () => {
    for (const path of [`${weightsDirectory}/mtcnn_model-shard1`, weightsDirectory!]) {
      const { weights } = await resolveMtcnnWeights({ path });
      expect(weights).toMatchObject({ sha256: WEIGHTS_SHA256, source: `${weightsDirectory}/mtcnn_model-shard1` });
    }
  });

  real('from the wheel of the Python package, read without Python', async () => {
    const bytes = await shard();
    const weights = readWeights(wheelOf(bytes), 'mtcnn.whl');
    expect(sha256(weights.numbers)).toBe(WEIGHTS_SHA256);
    const other = Uint8Array.from(bytes);
    other[1_000_000] ^= 1;
    expect(() => readWeights(wheelOf(other), 'other.whl')).toThrow(/not the published/);
  });
});

describe('kinds of files', () => {
  const npyOf = (version: 1 | 2): Uint8Array => {
    const one = unzipSync(WHEEL)['mtcnn/data/mtcnn_weights.npy'];
    if (version === 1) return one;
    return Buffer.concat([one.subarray(0, 6), Buffer.of(2, 0, one[8], one[9], 0, 0), one.subarray(10)]);
  };

  test('raw numbers, also those that begin at an odd place in memory, .npy of either version, and the wheel', () => {
    const odd = new Uint8Array(NUMBERS.length + 1);
    odd.set(NUMBERS, 1);
    for (const bytes of [NUMBERS, odd.subarray(1), npyOf(1), npyOf(2), WHEEL])
      expect(sha256(numbersOf(bytes, 'test'))).toBe(sha256(NUMBERS));
  });

  test('a directory: the first that is known', async () => {
    const files: [string, Uint8Array][] = [
      ['mtcnn-0.1.1-py3-none-any.whl', WHEEL],
      ['mtcnn_weights.npy', npyOf(1)],
      [CACHED, NUMBERS],
      ['mtcnn_model-shard1', NUMBERS],
    ];
    await writeFile(join(directory, 'another.npy'), 'not looked at');
    for (const [name, bytes] of files) {
      await writeFile(join(directory, name), bytes);
      const { weights } = await resolved({ path: directory });
      expect(weights?.source).toBe(join(directory, name));
      expect(sha256(weights!.numbers)).toBe(sha256(NUMBERS));
    }
  });

  test('too few arrays, and one network’s numbers in place of another’s', () => {
    const swapped = wheelOf(NUMBERS, ['onet', 'rnet', 'pnet']);
    expect(() => numbersOf(swapped, 'swapped.whl')).toThrow(/389040 numbers for "pnet", not 6632[^]*swapped\.whl/);
    expect(() => numbersOf(wheelOf(NUMBERS, ['pnet']), 'x')).toThrow(/0 numbers for "rnet", not 100178/);
  });
});

describe('a download', () => {
  test('is kept in the cache, from which the weights come the next time', async () => {
    const url = await serve(NUMBERS);
    const told: { type: EventType; event: unknown }[] = [];
    const emit: WeightsOptions['emit'] = (type, event) => void told.push({ type, event });
    const cacheDirectory = join(directory, 'new');
    const first = await resolved({ cacheDirectory, url, emit });
    expect(first.weights?.source).toBe(url);
    const of = (kind: EventType): unknown[] => told.flatMap(({ type, event }) => (type === kind ? [event] : []));
    const about = { task: 'MTCNN weights', total: NUMBERS.length, unit: 'bytes' };
    expect(of('progress').at(-1)).toEqual({ ...about, done: NUMBERS.length });
    expect(of('notice')).toEqual([
      { level: 'info', message: 'Downloading the MTCNN weights (2 MB, once).' },
      { level: 'info', message: `Got the MTCNN weights from ${url}.` },
    ]);
    server!.close();
    told.length = 0;
    for (const offline of [false, true]) {
      const second = await resolved({ cacheDirectory, url, emit, offline });
      expect(second.weights?.source).toBe(join(cacheDirectory, CACHED));
      expect(sha256(second.weights!.numbers)).toBe(sha256(NUMBERS)); // toEqual takes seconds to compare half a million numbers
    }
    expect(told).toEqual([]);
    expect(await readdir(cacheDirectory)).toEqual([CACHED]);
  });

  test('replaces a damaged cache', async () => {
    await writeFile(join(directory, CACHED), 'damaged');
    expect(await resolved({})).toMatchObject({
      reasons: [expect.stringMatching(/^cache: The file has no MTCNN/), expect.stringMatching(/^download: .+ \(.+\)$/)],
    });
    expect((await resolved({ url: await serve(NUMBERS) })).weights).toBeDefined();
    expect((await resolved({})).weights).toBeDefined();
  });

  test('goes on when the server is slow after its first bytes', async () => {
    server = createServer((_, response) => {
      response.write(NUMBERS.subarray(0, 100_000));
      setTimeout(() => response.end(NUMBERS.subarray(100_000)), 1200);
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect((await resolved({ url, patience: 1000 })).weights?.source).toBe(url);
  });

  test('that cannot be kept is used all the same, with a warning that says what to do', async () => {
    await writeFile(join(directory, 'file'), '');
    const cacheDirectory = join(directory, 'file', 'below');
    const told: unknown[] = [];
    const emit: WeightsOptions['emit'] = (type, event) => void (type === 'notice' && told.push(event));
    expect((await resolved({ cacheDirectory, url: await serve(NUMBERS), emit })).weights).toBeDefined();
    expect(told.at(-1)).toMatchObject({
      level: 'warning',
      message: expect.stringMatching(/^Could not cache the MTCNN weights: .*ENOTDIR/) as string,
      todo: expect.stringContaining(`Make ${cacheDirectory} writable`) as string,
    });
  });

  test('is not tried offline', async () => {
    let asked = 0;
    const url = await serve(NUMBERS);
    server!.on('request', () => asked++);
    expect(await resolved({ url, offline: true, pip: [['facewright-no-such-command']] })).toEqual({
      weights: undefined,
      reasons: ['cache: not found'],
    });
    expect(asked).toBe(0);
  });

  describe('has as its cache, unless another is named,', () => {
    afterEach(() => void vi.unstubAllEnvs());
    const fromCache = () => resolved({ cacheDirectory: undefined, offline: true });

    test('FACEWRIGHT_CACHE', async () => {
      vi.stubEnv('FACEWRIGHT_CACHE', directory);
      await writeFile(join(directory, CACHED), NUMBERS);
      expect((await fromCache()).weights).toBeDefined();
    });

    test.skipIf(process.platform !== 'linux')('or else the directory of all programs’ caches (on Linux)', async () => {
      vi.stubEnv('FACEWRIGHT_CACHE', '');
      vi.stubEnv('XDG_CACHE_HOME', directory);
      expect((await fromCache()).weights).toBeUndefined();
      await mkdir(join(directory, 'facewright'));
      await writeFile(join(directory, 'facewright', CACHED), NUMBERS);
      expect((await fromCache()).weights).toBeDefined();
    });
  });
});

describe('pip', () => {
  /** A command that does `script` with the directory that pip is to download to, named `to`. */
  async function pipThat(script: string): Promise<readonly string[]> {
    const file = join(directory, 'pip.mjs');
    const start = `import { copyFileSync, writeFileSync } from 'node:fs';
      const args = process.argv.slice(2);
      const to = args[args.indexOf('-d') + 1];`;
    await writeFile(file, `${start}\n${script}`);
    return [process.execPath, file];
  }
  const copied = (): string => `copyFileSync(${JSON.stringify(join(directory, 'wheel'))}, to + '/mtcnn.whl');`;

  test('brings the wheel where the download fails, and nothing else of it stays', async () => {
    await writeFile(join(directory, 'wheel'), WHEEL);
    const asked = JSON.stringify(join(directory, 'asked'));
    const pip = await pipThat(`writeFileSync(${asked}, [to, ...args].join('\\n')); ${copied()}`);
    const { weights } = await resolved({ pip: [['facewright-no-such-command'], pip] });
    expect(weights?.source).toBe('the PyPI wheel mtcnn==0.1.1');
    expect(sha256(weights!.numbers)).toBe(sha256(NUMBERS));
    const [to, ...args] = (await readFile(join(directory, 'asked'), 'utf8')).split('\n');
    expect([args[0], args.at(-1), ...args.filter((arg) => arg === '--no-deps')]).toEqual([
      'download',
      'mtcnn==0.1.1',
      '--no-deps',
    ]);
    await expect(readdir(to)).rejects.toThrow('ENOENT');
    expect((await resolved({})).weights?.source).toBe(join(directory, CACHED));
  });

  test('that brings another wheel, none at all, or fails, is a reason', async () => {
    const reasonOf = async (script: string): Promise<string | undefined> => {
      const outcome = await resolved({ pip: [await pipThat(script)] });
      return 'reasons' in outcome ? outcome.reasons[2] : undefined;
    };
    const other = wheelOf(new Uint8Array(NUMBERS.length));
    await writeFile(join(directory, 'wheel'), other);
    expect(await reasonOf(copied())).toBe(`PyPI: the wheel's SHA-256 is ${sha256(other)}, not ${madeUp.wheelSha256}`);
    expect(await reasonOf(`writeFileSync(to + '/readme.txt', '');`)).toBe('PyPI: pip did not download a wheel');
    expect(await reasonOf(`console.error('ERROR: no network'); process.exit(1);`)).toBe('PyPI: ERROR: no network');
  });

  test('is not asked where there is no command for it', async () => {
    expect(await resolved({})).toMatchObject({ weights: undefined, reasons: { length: 2 } });
  });
});

test('a path without weights is an error that names it, and nothing else is tried', async () => {
  await expect(resolveMtcnnWeights({ path: join(directory, 'none') })).rejects.toThrow(/does not exist[^]*none/);
  await expect(resolveMtcnnWeights({ path: directory })).rejects.toThrow(/has none of mtcnn_model-shard1/);
  await copyFile(new URL(import.meta.url), join(directory, 'weights.bin'));
  await expect(resolveMtcnnWeights({ path: join(directory, 'weights.bin') })).rejects.toThrow(/has no MTCNN weights/);
});

test('if no source works, the error gives the reason for each', async () => {
  const none = { cacheDirectory: directory, pip: [['facewright-no-such-command']] };
  expect(await resolveMtcnnWeights({ ...none, url: await serve(strToU8('gone'), 404) })).toEqual({
    weights: undefined,
    reasons: [
      'cache: not found',
      expect.stringMatching(/^download: the server returned status 404/),
      'PyPI: pip is not installed',
    ],
  });
  expect(await resolveMtcnnWeights({ ...none, url: await serve(new Uint8Array(WEIGHT_COUNT * 4)) })).toMatchObject({
    reasons: ['cache: not found', expect.stringMatching(/not the published/), expect.anything()],
  });
  expect(await readdir(directory)).toEqual([]);
});

test('a server that never answers is abandoned', async () => {
  const outcome = await resolveMtcnnWeights({
    cacheDirectory: directory,
    url: await serve(undefined),
    patience: 200,
    pip: [],
  });
  expect(outcome).toMatchObject({ reasons: [expect.anything(), expect.stringMatching(/no answer within 0.2 s/)] });
});

test('an interrupted download is an interruption, not a failure', async () => {
  await expect(resolved({ signal: AbortSignal.abort() })).rejects.toThrow('fetching the MTCNN weights');
  const interrupt = new AbortController();
  const url = await serve(undefined);
  setTimeout(() => interrupt.abort(), 100);
  await expect(
    resolveMtcnnWeights({ cacheDirectory: directory, url, pip: [], signal: interrupt.signal }),
  ).rejects.toBeInstanceOf(Interrupted);
});

test('the plugin resolves its path from the config’s directory, and checks its options', async () => {
  await expect(mtcnn({ weights: 'here' }).create(testContext({ baseDirectory: directory }))).rejects.toThrow(
    join(directory, 'here'),
  );
  expect(() => mtcnn({ minFase: 20 } as object)).toThrow(/"minFase"[^]*minFace/);
  expect(new MtcnnUnavailable(['cache: not found', 'PyPI: pip is not installed']).message).toMatch(
    /cache: not found; PyPI/,
  );
  const without = mtcnnWith(async () => ({ weights: undefined, reasons: ['cache: not found', 'download: gone'] }));
  await expect(without().create(testContext())).rejects.toMatchObject({
    name: 'MtcnnUnavailable',
    where: 'cache: not found; download: gone',
    reasons: ['cache: not found', 'download: gone'],
  });
});
