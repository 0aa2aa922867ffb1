/**
 * The client on the CPU plugin: programs, state that stays on the device, XLA's error messages, several devices, and
 * cleanup.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cpuPlugin } from '../../test/cpu-plugin.js';
import { Client } from './client.js';
import { loadPlugin, type Plugin } from './plugin.js';

const here = await cpuPlugin();

const ADD = `module { func.func @main(%a: tensor<2x3xf32> {tf.aliasing_output = 0 : i32}, %b: tensor<3xf32>) -> tensor<2x3xf32> {
  %0 = stablehlo.broadcast_in_dim %b, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
  %1 = stablehlo.add %a, %0 : tensor<2x3xf32>
  return %1 : tensor<2x3xf32> } }`;

describe.skipIf('missing' in here)('the client', () => {
  let plugin: Plugin;
  let client: Client;
  beforeAll(async () => {
    plugin = await loadPlugin('path' in here ? here.path : '');
    client = new Client(plugin, { cpu_device_count: { type: 'int64', value: 4 } });
  });
  afterAll(() => client.close());
  const isDeleted = (buffer: bigint): boolean =>
    plugin.call('Buffer_IsDeleted', (args) => args.pointer(16, buffer)).getBool(24);

  const read = async (buffer: bigint, length: number): Promise<Float32Array> => {
    const into = new Float32Array(length);
    await client.download([{ buffer, into }]);
    return into;
  };

  test('it has the requested devices', () => {
    expect(client.platform).toBe('cpu');
    expect(client.devices).toHaveLength(4);
    expect(client.kindOf(client.devices[0])).toBe('cpu');
    expect(client.memoryOf(client.devices[0])).toBeUndefined();
  });

  test('a program takes over the memory of donated arguments', async () => {
    const program = await client.compile(ADD);
    expect(program.memory()).toMatchObject({ arguments: 36, outputs: 24, aliased: 24 });
    const b = client.upload(Float32Array.of(1, 2, 3), 'f32', [3]);
    let a = client.upload(new Float32Array(6), 'f32', [2, 3]);
    for (let i = 0; i < 3; i++) {
      const { outputs, finished } = program.execute([[a, b]]);
      await finished();
      expect([isDeleted(a), isDeleted(b)]).toEqual([true, false]);
      client.free(a);
      [[a]] = outputs;
    }
    expect(await read(a, 6)).toEqual(Float32Array.of(3, 6, 9, 3, 6, 9));
    client.free(a, b);
    program.free();
  });

  test('the main thread is free while XLA compiles and computes', async () => {
    const n = 512;
    const type = `tensor<${n}x${n}xf32>`;
    const product = `stablehlo.dot_general %a, %a, contracting_dims = [1] x [0] : (${type}, ${type}) -> ${type}`;
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const program = await client.compile(
      `module { func.func @main(%a: ${type}) -> ${type} {\n %0 = ${product}\n %1 = stablehlo.tanh %0 : ${type}\n return %1 : ${type} } }`,
    );
    const compiling = turns;
    let x = client.upload(new Float32Array(n * n).fill(1e-3), 'f32', [n, n]);
    for (let i = 0; i < 10; i++) {
      const { outputs, finished } = program.execute([[x]]);
      await finished();
      client.free(x);
      [[x]] = outputs;
    }
    clearInterval(timer);
    expect(compiling).toBeGreaterThan(2);
    expect(turns).toBeGreaterThan(compiling);
    client.free(x);
    program.free();
  });

  test("errors have XLA's own messages", async () => {
    await expect(client.compile('module { func.func @main() { oops } }')).rejects.toThrow(/oops|MLIR|parse/);
    await expect(client.compile(ADD, { flags: { xla_no_such_flag: true } })).rejects.toThrow(/xla_no_such_flag/);
    expect(() => new Client(plugin, { cpu_device_count: { type: 'string', value: 'four' } })).toThrow(
      /cpu_device_count|type/i,
    );
    const program = await client.compile(ADD);
    const a = client.upload(new Float32Array(6), 'f32', [2, 3]);
    expect(() => program.execute([[a]])).toThrow(/argument|parameters/);
    client.free(a);
    program.free();
  });

  test('flags are added to the defaults', async () => {
    const program = await client.compile(ADD, { flags: { xla_cpu_enable_fast_math: false } });
    program.free();
  });

  test('four devices: the batch is sharded, and the sum covers all of it', async () => {
    const program = await client.compile(
      `module attributes {mhlo.num_partitions = 4 : i32, mhlo.num_replicas = 1 : i32} {
        func.func @main(%x: tensor<8xf32> {mhlo.sharding = "{devices=[4]<=[4]}"}) -> (tensor<f32> {mhlo.sharding = "{replicated}"}) {
          %z = stablehlo.constant dense<0.0> : tensor<f32>
          %0 = stablehlo.reduce(%x init: %z) applies stablehlo.add across dimensions = [0] : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
          return %0 : tensor<f32> } }`,
      { partitions: 4 },
    );
    const parts = client.devices.map((device, d) =>
      client.upload(Float32Array.of(2 * d, 2 * d + 1), 'f32', [2], device),
    );
    const { outputs, finished } = program.execute(parts.map((part) => [part]));
    await finished();
    for (const [sum] of outputs) expect(await read(sum, 1)).toEqual(Float32Array.of(28));
    client.free(...parts, ...outputs.flat());
    program.free();
  });
});

test.skipIf(!('missing' in here))(`the client (skipped: ${'missing' in here ? here.missing : ''})`, () => {});

test('anything but a PJRT plugin is rejected with advice', async () => {
  await expect(loadPlugin('/nowhere/plugin.so')).rejects.toThrow(
    /Cannot load the PJRT plugin[^]*plugin.so[^]*facewright setup xla/,
  );
  await expect(loadPlugin('libm.so.6')).rejects.toThrow(/Cannot load the PJRT plugin[^]*GetPjrtApi/);
});
