/** The JSON schema of a config, including the known parts: editors complete names and options, and mark wrong ones. */
import { PLUGIN_KINDS, runConfigJsonSchema, type PluginFactory, type PluginKind } from '@facewright/core';
import { z } from 'zod';

export interface JsonSchema {
  readonly [key: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
}

const withoutDialect = ({ $schema: _, ...rest }: Record<string, unknown>): JsonSchema => rest;

/** The options of a plugin; without properties if another version of zod describes them in an unreadable way. */
export function optionsSchema(schema: z.ZodType): JsonSchema {
  try {
    return withoutDialect(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }));
  } catch {
    return { type: 'object' };
  }
}

export function configSchema(known: readonly PluginFactory[]): JsonSchema {
  const plain = withoutDialect(runConfigJsonSchema());
  const $defs = Object.fromEntries(
    PLUGIN_KINDS.map((kind) => [
      kind,
      referenceSchema(
        kind,
        known.filter(({ meta }) => meta.kind === kind),
      ),
    ]),
  );
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'facewright config',
    ...withReferences(plain),
    $defs,
  };
}

/** A known name, any other text (a package or a file), or an object with the options of the part it names. */
function referenceSchema(kind: PluginKind, plugins: readonly PluginFactory[]): JsonSchema {
  const names = plugins.map(({ meta }) => meta.name);
  if (kind === 'backend' || kind === 'cluster') names.unshift('auto');
  const objects = plugins.map(({ meta, options }) => {
    const { properties = {}, required = [], ...rest } = optionsSchema(options);
    return {
      ...rest,
      ...(meta.description && { description: meta.description }),
      properties: { name: { const: meta.name }, ...properties },
      required: ['name', ...required],
    };
  });
  const other = {
    type: 'object',
    properties: { name: { type: 'string', not: { enum: plugins.map(({ meta }) => meta.name) } } },
    required: ['name'],
  };
  return { anyOf: [{ enum: names }, { type: 'string', minLength: 1 }, ...objects, other] };
}

/** Where a config names a part, its schema refers to the parts of that kind. */
function withReferences(schema: JsonSchema): JsonSchema {
  const to = (kind: PluginKind): JsonSchema => ({ $ref: `#/$defs/${kind}` });
  const at = (parent: JsonSchema, key: string, change: (child: JsonSchema) => JsonSchema): JsonSchema => ({
    ...parent,
    properties: { ...parent.properties, [key]: change(parent.properties![key]) },
  });
  const place = (kind: PluginKind) => (child: JsonSchema) => ({
    ...(child.description !== undefined && { description: child.description }),
    ...(child.default !== undefined && { default: child.default }),
    ...to(kind),
  });
  const each = (change: (item: JsonSchema) => JsonSchema) => (list: JsonSchema) => ({
    ...list,
    items: change(list.items!),
  });
  let result = schema;
  for (const kind of ['reader', 'detector', 'aligner', 'model', 'backend', 'cluster'] as const)
    result = at(result, kind, place(kind));
  result = at(result, 'loggers', each(place('logger')));
  result = at(
    result,
    'tiers',
    each((tier) => at(tier, 'augment', each(place('augmenter')))),
  );
  return at(
    result,
    'stages',
    each((stage) => {
      const until = (rule: JsonSchema) => at(rule, 'any', each(place('criterion')));
      return at(at(at(stage, 'loss', place('loss')), 'optimiser', place('optimiser')), 'until', until);
    }),
  );
}
