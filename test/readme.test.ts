/** The README's own loss, extracted from its text, passes the loss suite; its config is accepted. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { cpu } from '@facewright/backend-cpu';
import { testLoss } from '@facewright/testkit';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(`${root}README.md`, 'utf8');

/** A TypeScript block containing `mark`, as a module next to this test, where its imports resolve. */
async function moduleOf(mark: string, name: string): Promise<{ default: unknown }> {
  const block = [...readme.matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code).find((code) => code.includes(mark));
  if (!block) throw new Error(`README.md has no block of TypeScript with ${mark}`);
  mkdirSync(`${root}test/generated`, { recursive: true });
  const file = `${root}test/generated/${name}`;
  writeFileSync(file, block);
  return import(pathToFileURL(file).href);
}

const { default: loss } = (await moduleOf('// my-loss.ts', 'my-loss.ts')) as {
  default: Parameters<typeof testLoss>[0];
};
testLoss(typeof loss === 'function' ? (loss as () => never)() : loss, { engine: cpu() });

test("the README's config is a valid config", async () => {
  const { default: config } = await moduleOf('defineConfig(', 'facewright.config.ts');
  expect(config).toMatchObject({ data: 'photos', stages: [{ loss: 'softmax' }, { loss: { name: 'arcface' } }] });
});
