/**
 * A suite that cannot fail proves nothing: a part that is wrong in one way must fail the tests about it, and no others.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

/** The fixture's tests, run by vitest as a user would run it; they fail, as they should. */
async function report(): Promise<Report> {
  const vitest = fileURLToPath(new URL('../vitest.mjs', import.meta.resolve('vitest')));
  const config = fileURLToPath(new URL('./vitest.fixture.config.ts', import.meta.url));
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const output = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [vitest, 'run', '--config', config, '--root', cwd, '--reporter=json'],
      { cwd, maxBuffer: 1e8 },
      (_, stdout) => resolve(stdout),
    );
  });
  return JSON.parse(output.slice(output.indexOf('{"'))) as Report;
}

test('each broken part fails the tests about it, and nothing else', async () => {
  const results = (await report()).testResults.flatMap(({ assertionResults }) => assertionResults);
  const failures: Record<string, string[]> = {};
  for (const { ancestorTitles, title, status } of results)
    if (status === 'failed') (failures[ancestorTitles[0]] ??= []).push(title);
  const backend = failures['backend half-precision'];
  delete failures['backend half-precision'];

  expect(failures).toEqual({
    'loss margin-in-logits': ['the logits carry no margin: they do not depend on the labels'],
    'loss wrong-gradient': ['the gradient to the embeddings agrees with finite differences'],
    'loss unguarded-norm': ['nothing is NaN for an embedding on its class centre, opposite to it, or zero'],
    'loss summed': ['the loss is the mean over the batch'],
    'model batch-in-inference': ['in inference an image has the same embedding in any batch'],
    'model unused-parameter': ['a gradient flows into every parameter and agrees with finite differences'],
    'model still-statistics': ['training gives new statistics under the same names'],
    'optimiser ascends': ['the first step goes against the gradient', 'it descends a quadratic'],
    'optimiser counts-inside': [
      'going on from a copied state gives the same numbers',
      'a group it has no options for is treated as none',
    ],
    'augmenter unseeded': [
      'the same image and the same stream give the same bytes',
      'another instance gives the same bytes',
      'images before it do not matter',
    ],
    'augmenter in-place': [
      'the input is left as it was, and the result is not a view of it',
      'a textured image is changed',
    ],
    'aligner only-moves': [
      'the landmarks of a face small land on the template',
      'the landmarks of a face large land on the template',
      'the landmarks of a face tilted by 40° land on the template',
      'the landmarks of a face upside down land on the template',
      'outside the photo is black',
    ],
    'detector unsorted': ['two: finds 2, in falling confidence, each whole'],
    'detector remembers': ['photos before it do not matter, and the photo is left as it was'],
    'reader changing-order': [
      'the order is the same each time, and for another instance',
      'stopping early and reading again works',
    ],
    'reader same-ids': ['no name and no id comes twice, and photos know their identity'],
    'reader absolute-ids': ['ids are relative paths with /'],
    'logger deaf-to-new-events': ['events of a later version are passed over', 'events after close are ignored'],
    'logger changes-events': [
      'every event of a run is taken, and left as it was',
      'events of a later version are passed over',
      'events after close are ignored',
      'what an interrupted run left is kept',
      'two runs at a time do not meet, and nothing lies outside of their directories',
    ],
    'logger starts-over': ['what an interrupted run left is kept'],
    'logger shares-its-lines': ['two runs at a time do not meet, and nothing lies outside of their directories'],
    'logger outside': ['two runs at a time do not meet, and nothing lies outside of their directories'],
    'augmenter skips-what-is-not-there': ['every skip names a test of the suite and its reason'],
  });
  for (const name of [
    'matMul',
    'gradient of conv2d 3×3, padded by 1',
    'batch norm in training',
    'ten training steps have the losses of the same steps in float64',
  ])
    expect(backend).toContain(name);
  expect(backend).not.toContain('state carries over from call to call, and what a step leaves out stays');
  expect(
    results
      .filter(({ title }) => title === 'a textured image is changed (skipped: shown in the name)')
      .map(({ status }) => status),
  ).toEqual(['skipped']);
});
