/** The tensors a stage starts with: the model as it is, the loss's head carried over, made of mean embeddings or drawn, the optimiser's memory fresh. */
import {
  FacewrightError,
  hostTensor,
  prefixed,
  under,
  type HostTensor,
  type HostTensors,
  type InitialState,
  type InitRule,
  type Loss,
  type Model,
  type Optimiser,
  type Random,
} from '@facewright/core';

/** The parts of a stage that hold state. */
export interface StageParts {
  readonly loss: Loss;
  readonly optimiser: Optimiser;
}

/** How the class centres of a stage began: so many carried over, at the mean embedding of their photos, drawn. */
export interface HeadStart {
  readonly carried: number;
  readonly means: number;
  readonly drawn: number;
}

export interface StageStart {
  readonly state: HostTensors;
  readonly head: HeadStart;
}

/** Class centres [embeddingSize, people], a column for each of `identities`. */
export interface KnownCentres {
  readonly centres: HostTensor;
  readonly identities: readonly string[];
}

export interface HeadOptions {
  readonly identities: readonly string[];
  readonly embeddingSize: number;
  readonly rule?: InitRule;
  /** The former centres, where there are such. */
  readonly known?: KnownCentres;
  readonly meansOf: (labels: readonly number[]) => Promise<HostTensor>;
  readonly random: Random;
}

/** The state of a training that begins anew: everything drawn. */
export function firstState(model: Model, stage: StageParts, identities: number, random: Random): StageStart {
  const body = model.init(random.fork('model'));
  const head = stage.loss.init(identities, model.embeddingSize, random.fork('head', 0));
  return { head: { carried: 0, means: 0, drawn: identities }, state: assemble(body, head, stage.optimiser) };
}

/** The state of a stage for a model that is there already. */
export async function stageState(model: InitialState, stage: StageParts, options: HeadOptions): Promise<StageStart> {
  const { head, start } = await headState(stage.loss, options);
  return { head: start, state: assemble(model, head, stage.optimiser) };
}

/** The class centres of a stage's last state for the next one, where its loss knows how to give them. */
export function centresOf(loss: Loss, state: HostTensors, identities: readonly string[]): KnownCentres | undefined {
  const centres = loss.centres?.(under('head/params', state), under('head/statistics', state));
  return centres && { centres, identities };
}

export const noCentres = (embeddingSize: number): KnownCentres => ({
  centres: hostTensor([embeddingSize, 0], new Float32Array(0)),
  identities: [],
});

async function headState(
  loss: Loss,
  { identities, embeddingSize, rule, known, meansOf, random }: HeadOptions,
): Promise<{ head: InitialState; start: HeadStart }> {
  const { head: wanted, newcomers } = rule ?? ({ head: 'carry', newcomers: 'means' } as const);
  const fresh = loss.init(identities.length, embeddingSize, random);
  const drawn = { head: fresh, start: { carried: 0, means: 0, drawn: identities.length } };
  const labels = identities.map((_, label) => label);
  if (wanted === 'random' || !loss.adopt) return drawn;
  if (wanted === 'means')
    return { head: adopted(loss, fresh, await meansOf(labels)), start: { carried: 0, means: labels.length, drawn: 0 } };
  if (known?.centres.shape[0] !== embeddingSize) return drawn;

  const columnOf = new Map(known.identities.map((name, column) => [name, column]));
  const unknown = labels.filter((label) => !columnOf.has(identities[label]));
  if (unknown.length === 0)
    return {
      head: adopted(
        loss,
        fresh,
        columns(
          known.centres,
          identities.map((name) => columnOf.get(name)!),
        ),
      ),
      start: { carried: labels.length, means: 0, drawn: 0 },
    };
  const begun =
    newcomers === 'means'
      ? await meansOf(unknown)
      : loss.centres && columns(loss.centres(fresh.params, fresh.statistics), unknown);
  if (!begun) return drawn;
  const both = beside(known.centres, begun);
  const place = new Map(unknown.map((label, index) => [label, known.identities.length + index]));
  const carried = labels.length - unknown.length;
  return {
    head: adopted(
      loss,
      fresh,
      columns(
        both,
        labels.map((label) => place.get(label) ?? columnOf.get(identities[label])!),
      ),
    ),
    start:
      newcomers === 'means'
        ? { carried, means: unknown.length, drawn: 0 }
        : { carried, means: 0, drawn: unknown.length },
  };
}

const adopted = (loss: Loss, fresh: InitialState, centres: HostTensor): InitialState => ({
  params: { ...fresh.params, ...loss.adopt!(centres) },
  statistics: fresh.statistics,
});

/** These columns of a matrix, in this order. */
function columns({ shape: [rows, width], data }: HostTensor, chosen: readonly number[]): HostTensor {
  const picked = new Float32Array(rows * chosen.length);
  for (let row = 0; row < rows; row++)
    chosen.forEach((column, index) => (picked[row * chosen.length + index] = data[row * width + column]));
  return hostTensor([rows, chosen.length], picked);
}

/** Two matrices of as many rows, one to the right of the other. */
function beside(left: HostTensor, right: HostTensor): HostTensor {
  const [rows, first] = left.shape;
  const second = right.shape[1];
  const data = new Float32Array(rows * (first + second));
  for (let row = 0; row < rows; row++) {
    data.set(left.data.subarray(row * first, (row + 1) * first), row * (first + second));
    data.set(right.data.subarray(row * second, (row + 1) * second), row * (first + second) + first);
  }
  return hostTensor([rows, first + second], data);
}

function assemble(body: InitialState, head: InitialState, optimiser: Optimiser): HostTensors {
  const params = { ...prefixed('model/params', body.params), ...prefixed('head/params', head.params) };
  const statistics = {
    ...prefixed('model/statistics', body.statistics),
    ...prefixed('head/statistics', head.statistics),
  };
  return { ...params, ...statistics, ...prefixed('memory', optimiser.init(params)) };
}

/** Throws where a checkpoint's tensors are not those of these parts: made by another version of a plugin. */
export function requireSameTensors(
  state: HostTensors,
  model: Model,
  stage: StageParts,
  identities: number,
  random: Random,
  where: string,
): void {
  requireShapes(
    state,
    firstState(model, stage, identities, random).state,
    `The checkpoint's tensor`,
    where,
    'Resume with the versions of facewright and its plugins that wrote it, or start a new training.',
  );
}

/** Throws where weights to begin from are not those of this model. */
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
    'Begin from weights of the same model and options, or leave the model out of the config: it is then that of the weights.',
  );
}

function requireShapes(state: HostTensors, expected: HostTensors, what: string, where: string, todo: string): void {
  const wrong = [...new Set([...Object.keys(expected), ...Object.keys(state)])].find(
    (name) => String(expected[name]?.shape) !== String(state[name]?.shape),
  );
  if (wrong !== undefined)
    throw new FacewrightError({
      what: `${what} "${wrong}" is ${describe(state[wrong])}, it should be ${describe(expected[wrong])}.`,
      where,
      todo,
    });
}

const describe = (tensor?: { readonly shape: readonly number[] }): string =>
  tensor ? `[${tensor.shape.join(', ')}]` : 'missing';
