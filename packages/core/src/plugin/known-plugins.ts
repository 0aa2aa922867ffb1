/**
 * The plugins whose names and options the compiler knows, by kind. Every package adds its own by declaration merging, so that `defineConfig` completes
 * and checks them:
 *
 *     declare module '@facewright/core' {
 *       interface LossPlugins {
 *         arcface: typeof arcFace;
 *       }
 *     }
 *
 * The options' types come from the plugin's schema. These interfaces exist for the compiler alone; nothing is looked up in them when a run starts.
 */
import type { PluginKind } from './plugin.js';
import type { UserSpecifier } from './names.js';

/* eslint-disable @typescript-eslint/no-empty-object-type -- packages fill them */
export interface ReaderPlugins {}
export interface DetectorPlugins {}
export interface AlignerPlugins {}
export interface AugmenterPlugins {}
export interface ModelPlugins {}
export interface LossPlugins {}
export interface OptimiserPlugins {}
export interface CriterionPlugins {}
export interface BackendPlugins {}
export interface LoggerPlugins {}
/* eslint-enable @typescript-eslint/no-empty-object-type */

export interface KnownPlugins {
  reader: ReaderPlugins;
  detector: DetectorPlugins;
  aligner: AlignerPlugins;
  augmenter: AugmenterPlugins;
  model: ModelPlugins;
  loss: LossPlugins;
  optimiser: OptimiserPlugins;
  criterion: CriterionPlugins;
  backend: BackendPlugins;
  logger: LoggerPlugins;
}

/** `Shape` with lists that are not written to: a config's literals are read as constants. */
export type ReadonlyLists<Shape> = Shape extends object
  ? Shape extends readonly unknown[]
    ? Readonly<{ [Index in keyof Shape]: ReadonlyLists<Shape[Index]> }>
    : { [Key in keyof Shape]: ReadonlyLists<Shape[Key]> }
  : Shape;

/** The options of a plugin as they are written: what its schema takes, whichever copy of zod 4 it was made with. */
export type OptionsOf<Plugin> = Plugin extends { options: { _zod: { input: infer Input } } }
  ? string extends keyof Input
    ? unknown // a plugin without options
    : ReadonlyLists<Input>
  : { [option: string]: unknown };

/** A plugin in a file of the user's: its options are not known to the compiler. */
type FileName = `./${string}` | `../${string}` | `/${string}`;
export type WithAnyOptions<Name> = { name: Name; [option: string]: unknown };

type KnownName<K extends PluginKind> = keyof KnownPlugins[K] & string;
/** `auto` chooses an engine, which takes the options. */
type NameOf<K extends PluginKind> = KnownName<K> | FileName | (K extends 'backend' ? 'auto' : never);
type WithOptions<K extends PluginKind, Name = KnownName<K>> =
  Name extends KnownName<K> ? { name: Name } & OptionsOf<KnownPlugins[K][Name]> : WithAnyOptions<Name>;

/** A part as a typed config names it: by a known name or a file, with its options beside it. */
export type KnownReference<K extends PluginKind> = NameOf<K> | WithOptions<K, NameOf<K>>;

/**
 * What a config may say where it says `Given`: a literal must be a known name; a value that is just a `string`, and what `plugin()` gives, may be
 * anything.
 */
export type CheckedReference<K extends PluginKind, Given> = Given extends UserSpecifier | { name: UserSpecifier }
  ? Given
  : Given extends string
    ? string extends Given
      ? string
      : NameOf<K>
    : Given extends { name: infer Name extends string }
      ? string extends Name
        ? Given
        : [Name] extends [NameOf<K>]
          ? WithOptions<K, Name>
          : KnownReference<K>
      : KnownReference<K>;

/**
 * Names a plugin that the compiler does not know, such as an installed package whose types are not imported: `loss: plugin('their-loss', { m: 0.2 })`.
 * The name and the options are checked when the run starts.
 */
export function plugin(name: string, options: { readonly [option: string]: unknown } = {}): WithAnyOptions<string> {
  return { ...options, name };
}
