/**
 * `from` in a config, as an absolute path: training starts from a model, checkpoint or run instead of random weights.
 */
import { EVENTS, FacewrightError, findPlugin, messageOf, pluginContext, type Dataset } from '@facewright/core';
import { checkAlignment, type InitialWeights, type StartingPoint } from '@facewright/training';
import { modelOfData, type Composition } from '../composition/compose.js';
import { differences } from '../composition/record.js';
import type { StartingWeights } from './starting-weights.js';

/**
 * The weights, and the class centres if their loss is known here. Throws a `FacewrightError` if the model or the
 * alignment differ.
 */
export async function beginFrom(
  composition: Composition,
  dataset: Dataset,
  startingWeights: StartingWeights,
): Promise<InitialWeights> {
  const { container, known } = composition;
  const point = await startingWeights.take();
  requireSameModel(composition, point);
  checkAlignment(point, dataset.summary.alignment, dataset.directory);
  return { weights: point.weights, known: await knownCentres(point), where: point.path };

  async function knownCentres({ head, path }: StartingPoint): Promise<InitialWeights['known']> {
    if (!head) return undefined;
    try {
      const plugin = findPlugin('loss', head.loss, { known, where: path });
      const loss = await plugin.create(pluginContext(container, 'former loss'));
      const centres = loss.centres?.(head.params, head.statistics);
      return centres && { centres, identities: head.identities };
    } catch (error) {
      container.resolve(EVENTS).emit('notice', {
        level: 'warning',
        message: `The class centres of ${path} are not carried over: ${messageOf(error).split('\n')[0]}`,
      });
      return undefined;
    }
  }
}

/** Throws a `FacewrightError` if the run trains another model than that of the starting weights. */
export function requireSameModel({ model, known }: Composition, point: StartingPoint): void {
  const own = modelOfData({ model: point.model, where: point.path }, known);
  if (own.meta.name === model.name && !differences(own.options, model.plugin.options).length) return;
  throw new FacewrightError({
    what: `The config's model "${model.name}" differs from that of the starting weights, or has different options.`,
    where: point.path,
    todo: 'Remove "model" from the config to use that of the weights.',
  });
}

/** The people that the initial weights were trained on, as far as their checkpoint says. */
export const peopleBefore = async (weights: StartingWeights | undefined): Promise<ReadonlySet<string>> =>
  new Set((await weights?.read())?.head?.identities);
