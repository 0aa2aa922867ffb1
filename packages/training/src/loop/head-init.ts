/** The class centres of a stage's head: carried over by name, set to mean embeddings, or random. */
import {
  hostTensor,
  stripPrefix,
  type HostTensor,
  type HostTensors,
  type InitialState,
  type InitRule,
  type Loss,
  type Random,
} from '@facewright/core';

/** How many class centres of a stage were carried over, set to the mean embedding of the person's photos, or drawn at random. */
export interface HeadInit {
  readonly carried: number;
  readonly means: number;
  readonly drawn: number;
}

/** Class centres [embeddingSize, people], one column per identity in `identities`. */
export interface KnownCentres {
  readonly centres: HostTensor;
  readonly identities: readonly string[];
}

export interface HeadOptions {
  readonly identities: readonly string[];
  readonly embeddingSize: number;
  readonly rule?: InitRule;
  /** Centres of the previous head, if there is one. */
  readonly known?: KnownCentres;
  readonly meansOf: (labels: readonly number[]) => Promise<HostTensor>;
  readonly random: Random;
}

/** The class centres in a stage's final state, if its loss can provide them. */
export function centresOf(loss: Loss, state: HostTensors, identities: readonly string[]): KnownCentres | undefined {
  const centres = loss.centres?.(stripPrefix('head/params', state), stripPrefix('head/statistics', state));
  return centres && { centres, identities };
}

export const noCentres = (embeddingSize: number): KnownCentres => ({
  centres: hostTensor([embeddingSize, 0], new Float32Array(0)),
  identities: [],
});

export async function initHead(
  loss: Loss,
  { identities, embeddingSize, rule, known, meansOf, random }: HeadOptions,
): Promise<{ head: InitialState; start: HeadInit }> {
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

/** The selected columns of a matrix, in that order. */
function columns({ shape: [rows, width], data }: HostTensor, chosen: readonly number[]): HostTensor {
  const picked = new Float32Array(rows * chosen.length);
  for (let row = 0; row < rows; row++)
    chosen.forEach((column, index) => (picked[row * chosen.length + index] = data[row * width + column]));
  return hostTensor([rows, chosen.length], picked);
}

/** Two matrices side by side. */
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
