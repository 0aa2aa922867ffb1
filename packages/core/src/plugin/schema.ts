/** Checks options against a zod schema, and reports all issues as one error with the key, the place and the closest known key. */
import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { FacewrightError } from '../values/errors.js';

/**
 * The validated value with defaults. Throws a `FacewrightError` that lists every problem. `where` names the file or
 * object in errors.
 */
export function parseOptions<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = flatten(result.error.issues).map((issue) => describe(issue, schema));
  throw new FacewrightError({
    what: problems.map((problem) => problem.what).join('\n'),
    where,
    todo: problems.find((problem) => problem.todo)?.todo,
  });
}

type Issue = z.core.$ZodIssue;

/** For a union, only the issues of the closest alternative are useful. */
function flatten(issues: readonly Issue[]): Issue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
    const depth = (list: readonly Issue[]): number =>
      Math.max(...list.map((inner) => inner.path.length + (inner.code === 'unrecognized_keys' ? 1 : 0)));
    const best = issue.errors.reduce((a, b) => (depth(b) > depth(a) ? b : a));
    if (depth(best) === 0) return [issue];
    return flatten(best.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })));
  });
}

function describe(issue: Issue, schema: z.ZodType): { what: string; todo?: string } {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    const names = issue.keys.map((key) => `"${[...issue.path.map(String), key].join('.')}"`).join(', ');
    const what = `Unknown ${issue.keys.length > 1 ? 'keys' : 'key'} ${names}.`;
    return known.length
      ? { what, todo: `Did you mean "${closest(issue.keys[0], known)}"? Known keys: ${known.join(', ')}.` }
      : { what };
  }
  return { what: path ? `"${path}": ${issue.message}.` : `${issue.message}.` };
}

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  additionalProperties?: JsonSchema | boolean;
}

function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let nodes: JsonSchema[] = [
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as JsonSchema,
  ];
  const spread = (list: JsonSchema[]): JsonSchema[] => list.flatMap((node) => [node, ...spread(node.anyOf ?? [])]);
  for (const step of path) {
    nodes = spread(nodes).flatMap((node) =>
      typeof step === 'number' ? (node.items ?? []) : (node.properties?.[String(step)] ?? []),
    );
  }
  return spread(nodes).flatMap((node) => Object.keys(node.properties ?? {}));
}
