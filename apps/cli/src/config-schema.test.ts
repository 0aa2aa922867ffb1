/** The shipped JSON schema matches the built-in parts, and judges configs like the tool. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { pluginsOf } from '@facewright/run';
import { expect, test } from 'vitest';
import { builtins } from './builtins.js';
import { configSchema } from './config-schema.js';

const SHIPPED = fileURLToPath(new URL('../facewright.schema.json', import.meta.url));
const schema = configSchema(pluginsOf(builtins));

// after a change: UPDATE=1 npx vitest run --project fast apps/cli/src/config-schema.test.ts
test('the shipped schema is up to date', async () => {
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  if (process.env.UPDATE) await writeFile(SHIPPED, text);
  expect(await readFile(SHIPPED, 'utf8')).toBe(text);
});

const accepts = new Ajv2020({ strict: false }).compile(schema);
test.each<[boolean, object]>([
  [true, { stages: [{ loss: { name: 'arcface', m: 0.4 }, until: { steps: 3 } }] }],
  [true, { backend: { name: 'onnx', threads: 2 }, detector: './mine.ts', plugins: ['./mine.ts'] }],
  [true, { model: { name: 'my-net', depth: 3 } }],
  [false, { stages: [{ loss: { name: 'arcface', margin: 0.4 }, until: { steps: 3 } }] }],
  [false, { backend: { name: 'onnx', treads: 2 } }],
  [false, { tiers: [{ name: 'all', above: 0, augment: [{ name: 'opening', radius: 'large' }] }] }],
])('%s: %j', (valid, config) => expect(accepts(config)).toBe(valid));
