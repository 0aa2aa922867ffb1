/**
 * Template verification as in IJB (IARPA Janus Benchmark): a template is several images of one person. Two lists:
 *
 *   images  "image template [person]" per line; a template is all its lines, in any order
 *   pairs   "templateA templateB [1 or 0]" per line: 1 for the same person, 0 for different ones; if missing, the people decide.
 *           Without this list, all pairs of templates are used
 *
 * The third field is present in all lines of a list or in none. fields.ts splits the lines. The lists are read line by
 * line: IJB-C has 469,375 images and 15,658,489 pairs. InsightFace's `ijbc_template_pair_label.txt` is such a list of
 * pairs, and the first two columns of `ijbc_face_tid_mid.txt` are such a list of images.
 */
import { FacewrightError } from '@facewright/core';
import { lineBlocks } from '@facewright/platform/node';
import { cannotOpen } from '../readers/photo-files.js';
import { fieldsOf, shown, slashes } from './fields.js';
import { dealFolds } from './folds.js';

export interface Template {
  readonly id: string;
  readonly person?: string;
  /** Paths with `/`, relative to the images' root; at least one. */
  readonly images: readonly string[];
}

export interface TemplateSet {
  readonly templates: readonly Template[];
  /** Per pair: two indexes into `templates`, 1 for the same person, and the fold. */
  readonly a: Uint32Array;
  readonly b: Uint32Array;
  readonly same: Uint8Array;
  readonly fold: Uint8Array;
  readonly folds: number;
}

/** This many templates without a list of pairs give two million pairs. */
const MOST_WITHOUT_LIST = 2000;

/** Throws a `FacewrightError` that names the first wrong line. */
export async function readTemplates(imagesPath: string, pairsPath?: string): Promise<TemplateSet> {
  const templates = await readImages(imagesPath);
  if (pairsPath !== undefined) return readTemplatePairs(templates, pairsPath);
  if (templates[0].person === undefined)
    throw new FacewrightError({
      what: 'The template list does not name people, so nothing says which templates are of the same person.',
      where: imagesPath,
      todo: 'Add the person as the third field of each line, or pass a list of pairs with 1 or 0.',
    });
  if (templates.length > MOST_WITHOUT_LIST)
    throw new FacewrightError({
      what: `There are too many pairs to compare all ${templates.length} templates with each other.`,
      where: imagesPath,
      todo: 'Pass a list of the pairs you want, one "templateA templateB" per line.',
    });
  const pairs = createPairs();
  templates.forEach(({ person }, a) => {
    for (let b = a + 1; b < templates.length; b++) pairs.add(a, b, person === templates[b].person);
  });
  return finished(templates, pairs, imagesPath);
}

async function readImages(path: string): Promise<Template[]> {
  const found = new Map<string, { id: string; person?: string; images: string[] }>();
  let width: number | undefined;
  for await (const { fields, where } of linesOf(path, 'template list')) {
    width ??= fields.length;
    if (fields.length !== width || width < 2 || width > 3 || fields.includes('')) {
      throw new FacewrightError({
        what: `This line is not an image of a template: "${shown(fields)}".`,
        where,
        todo: 'Expected "image template" or "image template person", the same on all lines.',
      });
    }
    const [image, id, person] = fields;
    const template = found.get(id);
    if (!template) found.set(id, { id, images: [slashes(image)], ...(person !== undefined && { person }) });
    else if (template.person !== person)
      throw new FacewrightError({
        what: `The template "${id}" belongs to "${person}" here, but to "${template.person}" above.`,
        where,
        todo: 'A template must belong to one person.',
      });
    else template.images.push(slashes(image));
  }
  if (found.size < 2)
    throw new FacewrightError({
      what: `The list has ${found.size === 1 ? 'one template' : 'no templates'}, so there is nothing to compare.`,
      where: path,
      todo: 'Expected one "image template person" per line.',
    });
  return [...found.values()];
}

async function readTemplatePairs(templates: readonly Template[], path: string): Promise<TemplateSet> {
  const indexes = new Map(templates.map(({ id }, index) => [id, index]));
  const named = templates[0].person !== undefined;
  const pairs = createPairs();
  let width: number | undefined;
  for await (const { fields, where } of linesOf(path, 'pair list')) {
    width ??= fields.length;
    if (fields.length !== width || width < 2 || width > 3 || (width === 3 && !/^[01]$/.test(fields[2]))) {
      throw new FacewrightError({
        what: `This line is not a pair of templates: "${shown(fields)}".`,
        where,
        todo: 'Expected "templateA templateB", followed by 1 (same) or 0 (different) on all lines or on none.',
      });
    }
    const [a, b] = fields.slice(0, 2).map((id) => {
      const index = indexes.get(id);
      if (index === undefined)
        throw new FacewrightError({
          what: `There is no template "${id}".`,
          where,
          todo: 'The first two fields of each pair must be templates from the image list.',
        });
      return index;
    });
    if (width === 2 && !named)
      throw new FacewrightError({
        what: 'It is unknown whether this pair is of the same person.',
        where,
        todo: 'Add 1 or 0 to each pair, or the person to each image.',
      });
    const same = named && templates[a].person === templates[b].person;
    if (width === 3 && named && same !== (fields[2] === '1'))
      throw new FacewrightError({
        what: `The pair is marked ${fields[2]}, but its templates belong to "${templates[a].person}" and "${templates[b].person}".`,
        where,
        todo: 'Fix one of the lists, or remove the third field from one of them.',
      });
    pairs.add(a, b, width === 3 ? fields[2] === '1' : same);
  }
  return finished(templates, pairs, path);
}

function finished(templates: readonly Template[], pairs: ReturnType<typeof createPairs>, where: string): TemplateSet {
  const { a, b, same } = pairs.done();
  if (a.length === 0)
    throw new FacewrightError({
      what: 'The list has no pairs.',
      where,
      todo: 'Expected one "templateA templateB 1" per line.',
    });
  const { folds, foldOf } = dealFolds(same);
  return { templates, a, b, same, fold: foldOf, folds };
}

/** Arrays that grow by doubling. */
function createPairs(): {
  add(a: number, b: number, same: boolean): void;
  done(): { a: Uint32Array; b: Uint32Array; same: Uint8Array };
} {
  let [a, b, kinds] = [new Uint32Array(1024), new Uint32Array(1024), new Uint8Array(1024)];
  let length = 0;
  const grown = <T extends Uint32Array | Uint8Array>(former: T): T => {
    const longer = new (former.constructor as new (length: number) => T)(former.length * 2);
    longer.set(former);
    return longer;
  };
  return {
    add(first, second, same) {
      if (length === a.length) [a, b, kinds] = [grown(a), grown(b), grown(kinds)];
      [a[length], b[length], kinds[length]] = [first, second, Number(same)];
      length++;
    },
    done: () => ({ a: a.slice(0, length), b: b.slice(0, length), same: kinds.slice(0, length) }),
  };
}

async function* linesOf(path: string, what: string): AsyncGenerator<{ fields: string[]; where: string }> {
  try {
    for await (const { lines, first } of lineBlocks(path)) {
      for (const [index, line] of lines.entries()) {
        const fields = fieldsOf(line);
        if (fields.length > 0) yield { fields, where: `${path}, line ${first + index}` };
      }
    }
  } catch (error) {
    throw cannotOpen(error, what, path);
  }
}
