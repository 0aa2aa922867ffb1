/**
 * `facewright train --from`, started as a user would: continues a run with more people, and its model alone with
 * others.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drawPeople, facewright, readJson, temporary, TINY, writeConfig } from './helpers/tool.js';

test('the backbone is kept, the head grows or is reset, the model is frozen for a number of steps', async () => {
  const directory = await temporary();
  const at = (name: string): string => join(directory, name);
  const config = await writeConfig(directory, { ...TINY, licences: { weights: 'for the test' } });
  for (const people of [5, 8]) {
    const { list } = await drawPeople(at(`${people}`), { people });
    expect(
      (await facewright(['prepare', '--data', list, '--out', at(`data-${people}`), '--config', config, '--quiet']))
        .code,
    ).toBe(0);
  }
  const options = ['--config', config, '--backend', 'cpu'];
  expect((await facewright(['train', '--data', at('data-5'), '--out', at('first'), ...options, '--quiet'])).code).toBe(
    0,
  );

  // another model in the config does not match the weights
  const other = await facewright([
    'train',
    '--data',
    at('data-8'),
    '--out',
    at('other'),
    '--from',
    at('first'),
    '--config',
    await writeConfig(await temporary(), { ...TINY, model: 'mobilefacenet' }),
    '--backend',
    'cpu',
  ]);
  expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('differs from that of the starting weights')]);

  const { model: _, ...rest } = TINY;
  const tuning = [
    '--config',
    await writeConfig(await temporary(), rest),
    '--backend',
    'cpu',
    '--stages',
    '[{"loss":"arcface","rate":1e-4,"freeze":{"steps":2},"until":{"steps":4}}]',
  ];
  const grown = await facewright([
    'train',
    '--data',
    at('data-8'),
    '--out',
    at('grown'),
    '--from',
    at('first'),
    ...tuning,
  ]);
  expect([grown.code, grown.stderr]).toEqual([
    0,
    expect.stringMatching(/Class centres: 3 carried over, 3 set to the mean/),
  ]);
  const replaced = await facewright([
    'train',
    '--data',
    at('data-8'),
    '--out',
    at('replaced'),
    '--from',
    at('first/model'),
    ...tuning,
  ]);
  expect([replaced.code, replaced.stderr]).toEqual([
    0,
    expect.stringMatching(/Class centres: 0 carried over, 6 set to the mean/),
  ]);
  for (const name of ['grown', 'replaced']) {
    expect(await readJson(at(`${name}/model/model.json`))).toMatchObject({
      trained: { identities: 6, steps: 4, stages: [{ freeze: { parameters: ['model'], steps: 2 } }] },
    });
  }
  expect(await readJson(at('replaced/model/model.json'))).toMatchObject({ licences: { weights: 'for the test' } });
  const again = await facewright([
    'train',
    '--data',
    at('data-8'),
    '--out',
    at('replaced'),
    '--from',
    at('first/model'),
    ...tuning,
    '--resume',
  ]);
  expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('resumed at step 4')]);
});
