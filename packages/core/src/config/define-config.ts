/** `defineConfig` types a config file, with the names and options of the plugins that the compiler knows. */
import type { CheckedReference, ReadonlyLists } from '../plugin/known-plugins.js';
import type { PluginKind } from '../plugin/plugin.js';
import type { RunConfigInput } from './config.js';

/** Where a config names plugins, and of which kind; lists by what their items are. */
interface Places {
  backend: 'backend';
  reader: 'reader';
  detector: 'detector';
  aligner: 'aligner';
  model: 'model';
  loggers: 'logger';
  tiers: { augment: 'augmenter' };
  stages: { loss: 'loss'; optimiser: 'optimiser'; until: { any: 'criterion' } };
}

/** `Shape` with the plugins checked that `Given` names in these places. */
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
 * A config as `defineConfig` takes it: literal names of plugins must be known, and have options that the plugin knows. The condition is always false;
 * through its other branch the compiler reads `Given` from what is written.
 */
export type TypedConfig<Given> = [Given] extends [never] ? Given : Checked<RunConfigInput, Places, Given>;

/**
 * Types a config file: `export default defineConfig({ … })`. Plugins are named by a known name, by a path (`./my-loss.ts`), or with `plugin('name')`
 * where the compiler does not know them; a value whose type is just `string` may hold any name. Returns the config as it is.
 */
export const defineConfig = <const Given>(config: TypedConfig<Given>): RunConfigInput => config as RunConfigInput;
