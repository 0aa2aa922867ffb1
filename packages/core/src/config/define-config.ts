/** `defineConfig` types a config file, with the names and options of the plugins known to the compiler. */
import type { CheckedReference, ReadonlyLists } from '../plugin/known-plugins.js';
import type { PluginKind } from '../plugin/plugin.js';
import type { RunConfigInput } from './config.js';

/** Where a config names plugins, and of which kind; for lists, by the shape of their items. */
interface Places {
  backend: 'backend';
  cluster: 'cluster';
  reader: 'reader';
  detector: 'detector';
  aligner: 'aligner';
  model: 'model';
  loggers: 'logger';
  tiers: { augment: 'augmenter' };
  stages: { loss: 'loss'; optimiser: 'optimiser'; until: { any: 'criterion' } };
}

/** `Shape`, with the plugins that `Given` names in these places checked. */
type Checked<Shape, At, Given> = Shape extends readonly (infer Item)[]
  ? { readonly [Index in keyof Given]: Checked<Item, At, Given[Index]> }
  : At extends PluginKind
    ? CheckedReference<At, Given>
    : {
        [Key in keyof Shape]: Key extends keyof At & keyof Given
          ? Checked<NonNullable<Shape[Key]>, At[Key], Given[Key]>
          : ReadonlyLists<Shape[Key]>;
      };

/**
 * The parameter of `defineConfig`: literal plugin names must be known, with options that the plugin accepts. The
 * condition is always false; the compiler infers `Given` through its other branch.
 */
export type TypedConfig<Given> = [Given] extends [never] ? Given : Checked<RunConfigInput, Places, Given>;

/**
 * Types a config file: `export default defineConfig({ … })`. A plugin is given by a known name, by a path
 * (`./my-loss.ts`), or with `plugin('name')` if the compiler does not know it. A value whose type is just `string` may
 * contain any name. Returns the config unchanged.
 */
export const defineConfig = <const Given>(config: TypedConfig<Given>): RunConfigInput => config as RunConfigInput;
