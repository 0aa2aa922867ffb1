/** `from` in a config: training begins from a model, a checkpoint or a run in place of drawn weights. */
import { isDeepStrictEqual } from 'node:util';
import { join, resolve } from 'node:path';
import {
  EVENTS,
  FacewrightError,
  findPlugin,
  messageOf,
  pluginContext,
  type Dataset,
  type RunConfig,
  type RunConfigInput,
} from '@facewright/core';
import { checkAlignment, readStartingPoint, type InitialWeights, type StartingPoint } from '@facewright/training';
import { modelOfData, pluginSource, type Composition, type Scope } from '../composition/compose.js';
import { readRunRecord, RUN_RECORD } from '../run-directory.js';

/**
 * What lies under the config of a fine-tuning: the model that its weights are of unless the config names one, and their licence. A resumed run knows
 * them already, and no longer needs what it began from.
 */
export async function modelOfBeginning(
  { from, out, plugins }: RunConfig,
  scope: Scope,
  { resume, given }: { readonly resume: boolean; readonly given: RunConfigInput },
): Promise<RunConfigInput> {
  if (from === undefined) return {};
  const own = resolve(scope.baseDirectory, out);
  const earlier = resume ? await readRunRecord(own) : undefined;
  const begun = earlier ? undefined : await readStartingPoint(resolve(scope.baseDirectory, from));
  const weights = begun ? begun.licences?.weights : earlier?.config.licences?.weights;
  const licences: RunConfigInput = begun
    ? weights === undefined
      ? {}
      : { licences: { weights } }
    : earlier?.config.licences
      ? { licences: earlier.config.licences }
      : {};
  if (given.model !== undefined) return licences;
  const { known } = await pluginSource(plugins, scope);
  const { meta, options } = begun
    ? modelOfData({ model: begun.model, where: begun.path }, known)
    : findPlugin('model', earlier!.config.model, { known, where: join(own, RUN_RECORD) });
  return { ...licences, model: { ...(options as object), name: meta.name } };
}

/** The weights, and the class centres where their loss is known here. Throws a `FacewrightError` where model or alignment are others. */
export async function beginFrom(
  { container, config, model, known, baseDirectory }: Composition,
  dataset: Dataset,
): Promise<InitialWeights> {
  const point = await readStartingPoint(resolve(baseDirectory, config.from!));
  const own = modelOfData({ model: point.model, where: point.path }, known);
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

/** People that the weights to begin from were trained on, as far as their checkpoint says. */
export async function peopleBefore({
  config,
  baseDirectory,
}: Pick<Composition, 'config' | 'baseDirectory'>): Promise<ReadonlySet<string>> {
  return new Set(
    config.from === undefined ? [] : (await readStartingPoint(resolve(baseDirectory, config.from))).head?.identities,
  );
}
