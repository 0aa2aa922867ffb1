/** The work of `facewright config`: a config with its defaults, and what its keys mean. */
import { parseRunConfig } from '@facewright/core';
import { explainedKeys, explanation } from '../config-keys.js';
import { configOf } from '../config-of.js';
import { withSession } from '../session.js';
import type { CommonOptions } from '../options.js';

export interface ConfigOptions extends CommonOptions {
  readonly explain?: string | true;
}

export default ({ config, explain, json }: ConfigOptions) =>
  withSession({ json }, async ({ print }) => {
    if (explain === undefined) {
      const { given, where } = await configOf({ config });
      const complete = parseRunConfig(given, where);
      print(JSON.stringify(complete, null, 2));
      return { json: complete };
    }
    const keys = explainedKeys(explain === true ? undefined : explain);
    print(explanation(keys));
    return { json: { keys } };
  });
