/** Which parameters of a stage are frozen. */
import { FacewrightError, type FreezeRule, type Model } from '@facewright/core';

export const MODEL = 'model/params/';
export const HEAD = 'head/params/';

/**
 * Which of these parameters (`model/params/…`, `head/params/…`) a rule freezes: all of the model (`model`) or the loss
 * (`head`), a group of the model, or everything below a path in it. Throws a `FacewrightError` if a name matches
 * nothing, or nothing is left to train.
 */
export function frozenParameters(
  { parameters }: FreezeRule,
  all: readonly string[],
  model: Pick<Model, 'groupOf'>,
): ReadonlySet<string> {
  const frozen = new Set<string>();
  for (const wanted of parameters) {
    const meant = all.filter((name) => means(wanted, name, model));
    if (meant.length === 0) throw unknown(wanted, all, model);
    meant.forEach((name) => frozen.add(name));
  }
  if (frozen.size === all.length)
    throw new FacewrightError({
      what: 'Every parameter of the stage is frozen: there is nothing to train.',
      where: 'freeze.parameters',
      todo: 'Leave "head" out.',
    });
  return frozen;
}

function means(wanted: string, name: string, model: Pick<Model, 'groupOf'>): boolean {
  if (name.startsWith(HEAD)) return wanted === 'head';
  const path = name.slice(MODEL.length);
  return wanted === 'model' || model.groupOf?.(path) === wanted || path === wanted || path.startsWith(`${wanted}/`);
}

function unknown(wanted: string, all: readonly string[], model: Pick<Model, 'groupOf'>): FacewrightError {
  const paths = all.filter((name) => name.startsWith(MODEL)).map((name) => name.slice(MODEL.length));
  const groups = new Set(paths.flatMap((path) => model.groupOf?.(path) ?? []));
  const layers = new Set(paths.map((path) => path.split('/')[0]));
  return new FacewrightError({
    what: `"${wanted}" matches no parameter.`,
    where: 'freeze.parameters',
    todo: `Use one of ${['model', 'head', ...groups, ...layers].join(', ')}, or a longer layer path.`,
  });
}

/** Whether the whole model is frozen. It then runs in inference mode and needs no backward pass. */
export const wholeModelFrozen = (names: readonly string[], frozen: ReadonlySet<string>): boolean =>
  names.every((name) => !name.startsWith(MODEL) || frozen.has(name));

/** Whether a running statistic of the model belongs to a layer whose parameters are all frozen. */
export function frozenStatistic(statistic: string, names: readonly string[], frozen: ReadonlySet<string>): boolean {
  const layer = `${MODEL}${statistic.slice('model/statistics/'.length, statistic.lastIndexOf('/') + 1)}`;
  const own = names.filter((name) => name.startsWith(layer));
  return own.length > 0 && own.every((name) => frozen.has(name));
}
