import { createServer, type Server } from 'node:http';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FacewrightError, Interrupted, type EventType } from '@facewright/core';
import { sharedData } from '@facewright/test/shared-data';
import { testContext } from '@facewright/testkit';
import { golden, sha256 } from '../../test/support.js';
import { NET_SIZES, netTensors, WEIGHT_COUNT, WEIGHTS_SHA256 } from './layout.js';
import { mtcnn } from './plugin.js';
import { MtcnnUnavailable } from './plugin-with.js';
import { readWeights } from './weights-file.js';
import { resolveMtcnnWeights } from './weights.js';

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
    if (body) response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server!.address() as AddressInfo).port}/weights`;
}
/**
 * A wheel like that of `mtcnn` 0.1.1: an .npy with one pickled dictionary of lists of arrays; here one array per
 * network.
 */
function wheelOf(numbers: Uint8Array): Uint8Array {
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
  const nets = (['pnet', 'rnet', 'onet'] as const).flatMap((name) => {
    const bytes = numbers.subarray(at, (at += NET_SIZES[name] * 4));
    return [
      text(name),
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
  return zipSync({
    'mtcnn/data/mtcnn_weights.npy': Buffer.concat([
      raw(`\x93NUMPY\x01\x00${String.fromCharCode(header.length)}\x00`),
      raw(header),
      pickle,
    ]),
  });
}
const shard = (): Promise<Buffer> => readFile(`${weightsDirectory}/mtcnn_model-shard1`);
const real = test.skipIf(!weightsDirectory);

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

describe(`where they come from${weightsDirectory ? '' : ' (needs ../shared/data/mtcnn)'}`, () => {
  real('a file, and a directory that holds one', async () => {
    for (const path of [`${weightsDirectory}/mtcnn_model-shard1`, weightsDirectory!]) {
      const { weights } = await resolveMtcnnWeights({ path });
      expect(weights).toMatchObject({ sha256: WEIGHTS_SHA256, source: `${weightsDirectory}/mtcnn_model-shard1` });
    }
  });

  real('the wheel of the Python package, read without Python', async () => {
    const bytes = await shard();
    const weights = readWeights(wheelOf(bytes), 'mtcnn.whl');
    expect(sha256(weights.numbers)).toBe(WEIGHTS_SHA256);
    const other = Uint8Array.from(bytes);
    other[1_000_000] ^= 1;
    expect(() => readWeights(wheelOf(other), 'other.whl')).toThrow(/not the published/);
  });

  real('a download, kept in the cache, from which it comes the next time', async () => {
    const url = await serve(await shard());
    const told: EventType[] = [];
    const first = await resolveMtcnnWeights({
      cacheDirectory: join(directory, 'new'),
      url,
      pip: [],
      emit: (type) => told.push(type),
    });
    expect(first.weights).toMatchObject({ sha256: WEIGHTS_SHA256, source: url });
    expect(told).toContain('progress');
    expect(told.filter((type) => type === 'notice')).toHaveLength(2);
    server!.close();
    const second = await resolveMtcnnWeights({ cacheDirectory: join(directory, 'new'), url, pip: [] });
    expect(second.weights?.source).toBe(join(directory, 'new', 'mtcnn-weights.f32'));
    expect(sha256(second.weights!.numbers)).toBe(sha256(first.weights!.numbers)); // toEqual takes seconds to compare half a million numbers
    expect(await readdir(join(directory, 'new'))).toEqual(['mtcnn-weights.f32']);
  });

  real('a damaged cache is replaced', async () => {
    await writeFile(join(directory, 'mtcnn-weights.f32'), 'damaged');
    const { weights } = await resolveMtcnnWeights({
      cacheDirectory: directory,
      url: await serve(await shard()),
      pip: [],
    });
    expect(weights).toBeDefined();
    expect(
      (await resolveMtcnnWeights({ cacheDirectory: directory, url: 'http://127.0.0.1:1/', pip: [] })).weights,
    ).toBeDefined();
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
  const started = performance.now();
  const outcome = await resolveMtcnnWeights({
    cacheDirectory: directory,
    url: await serve(undefined),
    patience: 200,
    pip: [],
  });
  expect(outcome).toMatchObject({ reasons: [expect.anything(), expect.stringMatching(/no answer within 0.2 s/)] });
  expect(performance.now() - started).toBeLessThan(5000);
});

test('an interrupted download is an interruption, not a failure', async () => {
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
});
