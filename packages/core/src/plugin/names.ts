/**
 * Plugin names come from two sources and have two incompatible types. A name that the user writes in a config, on the command line or in code may
 * be a path or a package, and is imported. A name in data (a model, checkpoint, dataset or run) is never imported: it only selects among the
 * built-in plugins and those the user listed. See `findPlugin` for data and the loader of `@facewright/platform/node` for users.
 */
import { z } from 'zod';

export const userSpecifier = z.string().min(1).brand<'UserSpecifier'>();
/** The name of a built-in plugin, a package or a file, as the user gave it. */
export type UserSpecifier = z.output<typeof userSpecifier>;

/** A part by name, or by name with options. */
export const pluginReference = z.union([userSpecifier, z.looseObject({ name: userSpecifier })]);
export type PluginReference = z.output<typeof pluginReference>;
/** The unvalidated form, as written in a config. */
export type PluginReferenceInput = z.input<typeof pluginReference>;

/**
 * Marks a name as the user's. Use it only for names from a config, the command line or code, and for names the program
 * itself chooses; never for data.
 */
export function fromUser(name: string): UserSpecifier;
export function fromUser(reference: PluginReferenceInput): PluginReference;
export function fromUser(reference: PluginReferenceInput): PluginReference {
  return reference as PluginReference;
}

declare const fromData: unique symbol;
/**
 * A plugin name read from data. A string at run time, but not a `string` to the compiler, so it cannot be used where a
 * user's name is expected.
 */
export interface DataName {
  readonly [fromData]: true;
}

/** For the schemas of files that name plugins. */
export const dataName = z.string().min(1) as unknown as z.ZodType<DataName>;
export const dataReference = z.union([dataName, z.looseObject({ name: dataName })]);
/** A part named in data, with its options. */
export type DataReference = z.output<typeof dataReference>;

/** Name and options of a reference as plain text, to look up among known plugins or to show. Cannot be loaded. */
export function plainReference(reference: PluginReference | DataReference): {
  readonly name: string;
  readonly options: object;
} {
  if (typeof reference === 'string') return { name: reference, options: {} };
  const { name, ...options } = reference as { name: unknown };
  return { name: String(name), options };
}
