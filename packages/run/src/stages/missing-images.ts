/** Why images that a list names are not there: the same image under a name that differs in a usual way. */

/** What a name is compared by once a difference is set aside. `short` is the name that may lack what the other has. */
interface Difference {
  /** For people: "the names differ by …". */
  readonly by: string;
  /** Applied to the names on both sides. */
  readonly same: (path: string) => string;
}

const DIFFERENCES: readonly Difference[] = [
  { by: 'their extension', same: (path) => path.replace(/\.[^./]+$/, '') },
  { by: 'upper and lower case', same: (path) => path.toLowerCase() },
  {
    by: 'the zeros in front of their numbers',
    same: (path) => path.replace(/\d+/g, (digits) => String(BigInt(digits))),
  },
  {
    by: 'what follows the number, as in "_0001_face"',
    same: (path) => path.replace(/(\d)[-_ ][a-z][^/]*?(?=(\.[^./]+)?$)/i, '$1'),
  },
  { by: 'how letters with accents are written in Unicode, NFC or NFD', same: (path) => path.normalize() },
  { by: 'blanks and underscores', same: (path) => path.replace(/[ _]+/g, ' ') },
];
/** A folder more on top of one of them; not for names of one part, which would match anything. */
const FOLDER = 'a folder on top';

export interface NameHint {
  readonly listed: string;
  readonly found: string;
  /** For people: "their extension and upper and lower case". */
  readonly by: string;
  /** How many of the missing images are there under such a name. */
  readonly count: number;
}

/** The difference that explains most of the missing names, the simplest of several; undefined where none explains any. */
export function nameHint(missing: readonly string[], present: readonly string[]): NameHint | undefined {
  let best: NameHint | undefined;
  for (const folder of [false, true])
    for (const differences of combinations()) {
      if (!folder && !differences.length) continue;
      const hint = explained(missing, present, differences, folder);
      if (hint && hint.count > (best?.count ?? 0)) best = hint;
    }
  return best;
}

/** None, each alone, and every two of them: more would find likenesses that are none. */
function combinations(): Difference[][] {
  const pairs = DIFFERENCES.flatMap((one, index) => DIFFERENCES.slice(index + 1).map((other) => [one, other]));
  return [[], ...DIFFERENCES.map((one) => [one]), ...pairs];
}

function explained(
  missing: readonly string[],
  present: readonly string[],
  differences: readonly Difference[],
  folder: boolean,
): NameHint | undefined {
  const keyOf = (path: string): string => differences.reduce((text, { same }) => same(text), path);
  const names = new Map<string, string>();
  for (const path of present) {
    const key = keyOf(path);
    names.set(key, path);
    if (folder) for (const rest of withoutTop(key)) if (!names.has(rest)) names.set(rest, path);
  }
  const find = (path: string): string | undefined => {
    const key = keyOf(path);
    return names.get(key) ?? (folder ? withoutTop(key).flatMap((rest) => names.get(rest) ?? [])[0] : undefined);
  };
  const found = missing.flatMap((listed) => {
    const other = find(listed);
    return other === undefined || other === listed ? [] : [{ listed, found: other }];
  });
  if (!found.length) return undefined;
  const by = [...(folder ? [FOLDER] : []), ...differences.map((difference) => difference.by)].join(', and by ');
  return { ...found[0], by, count: found.length };
}

/** `a/b/c` as `b/c`: a folder stays, or names of different people would be one. */
function withoutTop(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1, -1).map((_, index) => parts.slice(index + 1).join('/'));
}
