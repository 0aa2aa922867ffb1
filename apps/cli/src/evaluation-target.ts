/** What a model is evaluated on, as the command line names it. */
import { resolve } from 'node:path';
import { FacewrightError } from '@facewright/core';
import { modelDirectory } from './model-directory.js';

/** Command-line options. */
interface TargetOptions {
  readonly model: string;
  readonly data?: string;
  readonly pairs?: string;
  readonly templates?: string;
  readonly images?: string;
  readonly without?: string;
  readonly groups?: string;
  readonly identify?: boolean;
  readonly flip?: boolean;
}

/** The options with absolute paths, because they are recorded with the evaluation. */
export type Target = Omit<TargetOptions, 'identify' | 'flip'> & { readonly identify?: true; readonly flip: boolean };

/** Throws a `FacewrightError` if the command line names too little. */
export function targetOf(options: TargetOptions): Target {
  const { model, data, pairs, templates, images, without, groups, identify, flip = false } = options;
  const absolute = (path: string | undefined): string | undefined => path && resolve(path);
  const packed = templates === undefined && pairs?.toLowerCase().endsWith('.bin') ? pairs : undefined;
  const measured = { ...(groups !== undefined && { groups: resolve(groups) }), ...(identify && { identify }) } as const;
  const target: Target = data
    ? { model: modelDirectory(model), data: resolve(data), ...measured, flip }
    : {
        model: modelDirectory(model),
        pairs: absolute(pairs),
        templates: absolute(templates),
        images: absolute(images ?? packed),
        ...(without !== undefined && { without: resolve(without) }),
        ...measured,
        flip,
      };
  if (target.data || ((target.pairs || target.templates) && target.images)) return target;
  if (target.pairs || target.templates)
    throw new FacewrightError({
      what: `--${target.pairs ? 'pairs' : 'templates'} lists images, but there is no --images.`,
      where: 'the command line',
      todo: 'Add --images <folder or zip> with the images of the list.',
    });
  throw new FacewrightError({
    what: 'There is nothing to evaluate on.',
    where: 'the command line',
    todo: 'Add --pairs <file> (or --templates <file>) and --images <folder or zip>, or --data <dataset>.',
  });
}
