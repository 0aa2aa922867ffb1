/**
 * The numbers of all classes of a head that is trained on a sample of them, in host memory: parameters, statistics and optimiser memory whose last
 * axis counts classes, once or several times over.
 *
 * They are kept class by class, so what a step takes of a class is one piece of memory. In the order of the tensors, where a class is a column, a
 * step among a million people would touch a page of memory for every number it takes.
 */
import { hostTensor, type HostTensor, type HostTensors } from '@facewright/core';

type Numbers = HostTensor['data'];

/** A tensor's numbers [classes, width], and the shape that it has with its classes last. */
interface Stored {
  readonly shape: readonly number[];
  /** Numbers of each class. */
  readonly width: number;
  readonly data: Numbers;
}

export class ClassColumns {
  private readonly tensors: Readonly<Record<string, Stored>>;

  /** Copies the entries that the loss names, and the optimiser's memory of them. */
  constructor(
    state: HostTensors,
    readonly identities: number,
    perClass: readonly string[],
  ) {
    const entries = Object.entries(state).filter(([name]) => isPerClass(name, perClass));
    for (const [name, { shape }] of entries)
      if (shape[shape.length - 1] % identities !== 0)
        throw new RangeError(
          `the last axis of ${name} is ${shape[shape.length - 1]}, which does not count ${identities} classes`,
        );
    this.tensors = Object.fromEntries(
      entries.map(([name, { shape, data }]) => {
        const width = data.length / identities;
        return [name, { shape, width, data: turned(data, width, identities) }];
      }),
    );
  }

  has(name: string): boolean {
    return name in this.tensors;
  }

  get names(): string[] {
    return Object.keys(this.tensors);
  }

  /** Names without the optimiser's memory. */
  get weights(): string[] {
    return this.names.filter((name) => !name.startsWith('memory/'));
  }

  /** Those of these classes, as tensors of the same rank; of the named entries, all unless given. */
  take(classes: Uint32Array, names = this.names): HostTensors {
    return Object.fromEntries(names.map((name) => [name, this.columnsOf(name, classes)]));
  }

  /** Puts them back. */
  put(classes: Uint32Array, values: HostTensors): void {
    for (const [name, { data: from }] of Object.entries(values)) {
      const { data: to, width } = this.tensors[name];
      const count = classes.length;
      for (let i = 0; i < count; i++)
        for (let read = i, write = classes[i] * width, end = write + width; write < end; read += count)
          to[write++] = from[read];
    }
  }

  /** A copy of all classes. */
  read(name: string): HostTensor {
    const { shape, width, data } = this.tensors[name];
    return hostTensor(shape, turned(data, this.identities, width));
  }

  write(name: string, { data }: HostTensor): void {
    const { width, data: to } = this.tensors[name];
    turn(data, to, width, this.identities);
  }

  private columnsOf(name: string, classes: Uint32Array): HostTensor {
    const { shape, width, data } = this.tensors[name];
    const columns = (shape[shape.length - 1] / this.identities) * classes.length;
    const taken = emptyLike(data, width * classes.length);
    const count = classes.length;
    for (let i = 0; i < count; i++)
      for (let write = i, read = classes[i] * width, end = read + width; read < end; write += count)
        taken[write] = data[read++];
    return hostTensor([...shape.slice(0, -1), columns], taken);
  }
}

/** Numbers of a row of the narrower side that share a line of the processor's cache. */
const TILE = 16;

const emptyLike = (data: Numbers, length: number): Numbers =>
  new (data.constructor as new (length: number) => Numbers)(length);

/** [rows, columns] as [columns, rows]. */
function turned(data: Numbers, rows: number, columns: number): Numbers {
  const to = emptyLike(data, data.length);
  // zeros are not written, so that an optimiser's memory takes room for a class only once the class has been seen
  if (!isZero(data)) turn(data, to, rows, columns);
  return to;
}

function isZero(data: Numbers): boolean {
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) return false;
  return true;
}

function turn(from: Numbers, to: Numbers, rows: number, columns: number): void {
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(rows, top + TILE);
    for (let left = 0; left < columns; left += TILE) {
      const right = Math.min(columns, left + TILE);
      for (let row = top; row < bottom; row++)
        for (let column = left; column < right; column++) to[column * rows + row] = from[row * columns + column];
    }
  }
}

const isPerClass = (name: string, perClass: readonly string[]): boolean =>
  perClass.some((entry) => name === `head/statistics/${entry}` || name.endsWith(`head/params/${entry}`));
