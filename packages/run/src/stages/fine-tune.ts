/** `from` in a config: training begins from a model, a checkpoint or a run in place of drawn weights. */
import { isDeepStrictEqual } from 'node:util';
import { resolve } from 'node:path';
import { EVENTS, FacewrightError, messageOf, pluginContext, type Dataset, type RunConfigInput } from '@facewright/core';
import { loadPlugin } from '@facewright/platform/node';
import { checkAlignment, readStartingPoint, type InitialWeights, type StartingPoint } from '@facewright/training';
import { pluginSource, type Composition } from '../composition/compose.js';
import { readRunRecord } from '../run-directory.js';

/**
 * What lies under the config of a fine-tuning: the model that its weights are of, and their licence. A resumed run knows them already, and no longer needs
 * what it began from.
 */
export async function modelOfBeginning(
  { from, out }: { readonly from?: string; readonly out: string },
  baseDirectory: string,
  resume: boolean,
): Promise<RunConfigInput> {
  if (from === undefined) return {};
  const earlier = resume ? await readRunRecord(resolve(baseDirectory, out)) : undefined;
  if (earlier)
    return { model: earlier.config.model, ...(earlier.config.licences && { licences: earlier.config.licences }) };
  const { model, licences } = await readStartingPoint(resolve(baseDirectory, from));
  return {
    model: { ...(model.options as object), name: model.name },
    ...(licences?.weights !== undefined && { licences: { weights: licences.weights } }),
  };
}

/** The weights, and the class centres where their loss is known here. Throws a `FacewrightError` where model or alignment are others. */
export async function beginFrom(
  { container, config, model, builtins, baseDirectory, where }: Composition,
  dataset: Dataset,
): Promise<InitialWeights> {
  const point = await readStartingPoint(resolve(baseDirectory, config.from!));
  const source = await pluginSource(config.plugins, { builtins, baseDirectory, where });
  const own = await loadPlugin('model', { ...(point.model.options as object), name: point.model.name }, source);
  if (own.meta.name !== model.meta.name || !isDeepStrictEqual(own.options, model.options)) {
    throw new FacewrightError({
      what: `The config's model "${model.meta.name}" is not the one to begin from, or has other options.`,
      where: point.path,
      todo: 'Leave "model" out of the config: it is then that of the weights.',
    });
  }
  checkAlignment(point, dataset.summary.alignment, dataset.directory);
  return { weights: point.weights, known: await knownCentres(point), where: point.path };

  async function knownCentres({ head, path }: StartingPoint): Promise<InitialWeights['known']> {
    if (!head) return undefined;
    try {
      const loss = await (await loadPlugin('loss', head.loss, source)).create(pluginContext(container, 'former loss'));
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

/** People that the weights to begin from were trained on, as far as their checkpoint says. */
export async function peopleBefore({
  config,
  baseDirectory,
}: Pick<Composition, 'config' | 'baseDirectory'>): Promise<ReadonlySet<string>> {
  return new Set(
    config.from === undefined ? [] : (await readStartingPoint(resolve(baseDirectory, config.from))).head?.identities,
  );
}
