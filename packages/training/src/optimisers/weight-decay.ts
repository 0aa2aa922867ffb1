/**
 * Weight decay that may differ per parameter group, as in the MobileFaceNet paper: 4e-5, and 4e-4 after the global
 * operator.
 */
import { FacewrightError, type OptimiserStep } from '@facewright/core';
import { z } from 'zod';

/** Options shared by all optimisers. */
export const weightDecayOptions = {
  weightDecay: z.number().min(0).default(0).describe('for every parameter whose group is not named in "groups"'),
  groups: z
    .record(z.string(), z.number().min(0))
    .default({})
    .describe('weight decay by group, e.g. { afterGlobal: 4e-4 }; the loss\'s parameters are the group "head"'),
};

/**
 * The decay of each parameter. Throws a `FacewrightError` for a group without parameters, which is most likely a wrong
 * name.
 */
export function weightDecays(
  { weightDecay, groups }: { weightDecay: number; groups: Readonly<Record<string, number>> },
  { params, groupOf, frozen = [] }: OptimiserStep,
): Map<string, number> {
  const groupByName = new Map(Object.keys(params).map((name) => [name, groupOf(name)]));
  const known = new Set([...groupByName.values(), ...frozen.map(groupOf)]);
  for (const group of Object.keys(groups)) {
    if (known.has(group)) continue;
    const names = [...known].filter((name) => name !== undefined);
    throw new FacewrightError({
      what: `No parameter belongs to the group "${group}".`,
      where: 'option "groups" of the optimiser',
      todo: names.length
        ? `Groups of this model and loss: ${names.join(', ')}.`
        : 'This model has no groups: leave the option out.',
    });
  }
  return new Map(
    [...groupByName].map(([name, group]) => [
      name,
      group !== undefined && Object.hasOwn(groups, group) ? groups[group] : weightDecay,
    ]),
  );
}
