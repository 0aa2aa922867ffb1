/** The tensors a stage starts with: the model as it is, the loss's head adopted or fresh, the optimiser's memory fresh. */
import { FacewrightError, prefixed, under, type HostTensors, type InitialState, type Loss, type Model, type Optimiser, type Random } from '@facewright/core';

/** The parts of a stage that hold state. */
export interface StageParts {
  readonly loss: Loss;
  readonly optimiser: Optimiser;
}

export interface StageStart {
  readonly state: HostTensors;
  readonly head: 'fresh' | 'adopted';
}

/** The state of the first stage. */
export function firstState(model: Model, stage: StageParts, identities: number, random: Random): StageStart {
  const body = model.init(random.fork('model'));
  return { head: 'fresh', state: assemble(body, stage.loss.init(identities, model.embeddingSize, random.fork('head', 0)), stage.optimiser) };
}

/** The state of stage `index` from the last of the one before: its class centres go over where both losses know how. */
export function nextState(model: Model, last: HostTensors, former: StageParts, stage: StageParts, index: number, identities: number, random: Random): StageStart {
  const body = { params: under('model/params', last), statistics: under('model/statistics', last) };
  const fresh = stage.loss.init(identities, model.embeddingSize, random.fork('head', index));
  const centres = stage.loss.adopt && former.loss.centres?.(under('head/params', last), under('head/statistics', last));
  if (!centres) return { head: 'fresh', state: assemble(body, fresh, stage.optimiser) };
  const head = { params: { ...fresh.params, ...stage.loss.adopt!(centres) }, statistics: fresh.statistics };
  return { head: 'adopted', state: assemble(body, head, stage.optimiser) };
}

function assemble(body: InitialState, head: InitialState, optimiser: Optimiser): HostTensors {
  const params = { ...prefixed('model/params', body.params), ...prefixed('head/params', head.params) };
  const statistics = { ...prefixed('model/statistics', body.statistics), ...prefixed('head/statistics', head.statistics) };
  return { ...params, ...statistics, ...prefixed('memory', optimiser.init(params)) };
}

/** Throws where a checkpoint's tensors are not those of these parts: made by another version of a plugin. */
export function requireSameTensors(state: HostTensors, model: Model, stage: StageParts, identities: number, random: Random, where: string): void {
  const expected = firstState(model, stage, identities, random).state;
  const wrong = [...new Set([...Object.keys(expected), ...Object.keys(state)])].find((name) => String(expected[name]?.shape) !== String(state[name]?.shape));
  if (wrong === undefined) return;
  throw new FacewrightError({
    what: `The checkpoint's tensor "${wrong}" is ${describe(state[wrong])}, it should be ${describe(expected[wrong])}.`,
    where,
    todo: 'Resume with the versions of facewright and its plugins that wrote it, or start a new training.',
  });
}

const describe = (tensor?: { readonly shape: readonly number[] }): string => (tensor ? `[${tensor.shape.join(', ')}]` : 'missing');
