/** The tensors a stage starts with: the current model, a head (see head-init.ts), and fresh optimiser state. */
import {
  createRandom,
  FacewrightError,
  prefixed,
  type HostTensor,
  type HostTensors,
  type InitialState,
  type Loss,
  type Model,
  type Optimiser,
  type Random,
} from '@facewright/core';
import { initHead, type HeadInit, type HeadOptions } from './head-init.js';

/** The parts of a stage that hold state. */
export interface StageParts {
  readonly loss: Loss;
  readonly optimiser: Optimiser;
}

export interface StageTensors {
  readonly state: HostTensors;
  readonly head: HeadInit;
}

/** The initial state of a training from scratch, all random. */
export function firstState(model: Model, stage: StageParts, identities: number, random: Random): StageTensors {
  const body = model.init(random.fork('model'));
  const head = stage.loss.init(identities, model.embeddingSize, random.fork('head', 0));
  return { head: { carried: 0, means: 0, drawn: identities }, state: assemble(body, head, stage.optimiser) };
}

/** The state of a stage for given model weights. */
export async function stageState(model: InitialState, stage: StageParts, options: HeadOptions): Promise<StageTensors> {
  const { head, start } = await initHead(stage.loss, options);
  return { head: start, state: assemble(model, head, stage.optimiser) };
}

function assemble(body: InitialState, head: InitialState, optimiser: Optimiser): HostTensors {
  const params = { ...prefixed('model/params', body.params), ...prefixed('head/params', head.params) };
  const statistics = {
    ...prefixed('model/statistics', body.statistics),
    ...prefixed('head/statistics', head.statistics),
  };
  return { ...params, ...statistics, ...prefixed('memory', optimiser.init(params)) };
}

/** Shapes and types by name. */
export type TensorShapes = Readonly<Record<string, Pick<HostTensor, 'shape' | 'dtype'>>>;

/**
 * Shapes of a training's tensors without drawing its numbers, which are half a gigabyte for a million people: whatever an
 * axis gains from two people to three, it gains with everyone.
 */
export function stateShapes(model: Model, stage: StageParts, identities: number): TensorShapes {
  const random = createRandom('shapes');
  const [two, three] = [2, 3].map((few) => firstState(model, stage, few, random).state);
  return Object.fromEntries(
    Object.entries(two).map(([name, { shape, dtype }]) => [
      name,
      { dtype, shape: shape.map((length, axis) => length + (three[name].shape[axis] - length) * (identities - 2)) },
    ]),
  );
}

/**
 * Throws a `FacewrightError` if a checkpoint's tensors do not fit these parts, e.g. because another version of a plugin
 * wrote it.
 */
export function requireSameTensors(
  state: HostTensors,
  model: Model,
  stage: StageParts,
  identities: number,
  where: string,
): void {
  requireShapes(
    state,
    stateShapes(model, stage, identities),
    `The checkpoint's tensor`,
    where,
    'Resume with the versions of facewright and its plugins that wrote it, or start a new training.',
  );
}

/** Throws a `FacewrightError` if given weights do not fit the model. */
export function requireModelTensors(
  { params, statistics }: InitialState,
  model: Model,
  random: Random,
  where: string,
): void {
  const expected = model.init(random.fork('model'));
  requireShapes(
    { ...params, ...statistics },
    { ...expected.params, ...expected.statistics },
    'The tensor',
    where,
    'Start from weights of the same model and options, or leave the model out of the config to use that of the weights.',
  );
}

function requireShapes(state: HostTensors, expected: TensorShapes, what: string, where: string, todo: string): void {
  const wrong = [...new Set([...Object.keys(expected), ...Object.keys(state)])].find(
    (name) => String(expected[name]?.shape) !== String(state[name]?.shape),
  );
  if (wrong !== undefined)
    throw new FacewrightError({
      what: `${what} "${wrong}" is ${describe(state[wrong])}, but should be ${describe(expected[wrong])}.`,
      where,
      todo,
    });
}

const describe = (tensor?: { readonly shape: readonly number[] }): string =>
  tensor ? `[${tensor.shape.join(', ')}]` : 'missing';
