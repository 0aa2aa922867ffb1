/**
 * The plugins whose names and options the compiler knows, by kind. Every package adds its own by declaration merging,
 * so that `defineConfig` completes and checks them:
 *
 *     declare module '@facewright/core' {
 *       interface LossPlugins {
 *         arcface: typeof arcFace;
 *       }
 *     }
 *
 * The options' types come from the plugin's schema. These interfaces only exist for the compiler; nothing is looked up
 * in them at run time.
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
export interface ClusterPlugins {}
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
  cluster: ClusterPlugins;
}

/** `Shape` with readonly lists, because a config's literals are inferred as constants. */
export type ReadonlyLists<Shape> = Shape extends object
  ? Shape extends readonly unknown[]
    ? Readonly<{ [Index in keyof Shape]: ReadonlyLists<Shape[Index]> }>
    : { [Key in keyof Shape]: ReadonlyLists<Shape[Key]> }
  : Shape;

/** The options of a plugin in their input form: what its schema accepts, whichever copy of zod 4 created it. */
export type OptionsOf<Plugin> = Plugin extends { options: { _zod: { input: infer Input } } }
  ? string extends keyof Input
    ? unknown // a plugin without options
    : ReadonlyLists<Input>
  : { [option: string]: unknown };

/** A plugin in a user's file, whose options the compiler does not know. */
type FileName = `./${string}` | `../${string}` | `/${string}`;
export type WithAnyOptions<Name> = { name: Name; [option: string]: unknown };

type KnownName<K extends PluginKind> = keyof KnownPlugins[K] & string;
/** `auto` chooses an engine or a cluster, and the options apply to it. */
type NameOf<K extends PluginKind> = KnownName<K> | FileName | (K extends 'backend' | 'cluster' ? 'auto' : never);
type WithOptions<K extends PluginKind, Name = KnownName<K>> =
  Name extends KnownName<K> ? { name: Name } & OptionsOf<KnownPlugins[K][Name]> : WithAnyOptions<Name>;

/** A part as named in a typed config: by a known name or a file, with its options. */
export type KnownReference<K extends PluginKind> = NameOf<K> | WithOptions<K, NameOf<K>>;

/**
 * What a config may contain where it has `Given`: a literal must be a known name; a value that is just a `string`, and
 * the result of `plugin()`, may be anything.
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
 * Names a plugin that the compiler does not know, such as an installed package whose types are not imported:
 * `loss: plugin('their-loss', { m: 0.2 })`. Name and options are checked when the run starts.
 */
export function plugin(name: string, options: { readonly [option: string]: unknown } = {}): WithAnyOptions<string> {
  return { ...options, name };
}
