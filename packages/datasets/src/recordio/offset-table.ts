/** Offsets by id. Ids of usual files count up without gaps: eight bytes each then, and more only where they do not. */
import { Column } from '@facewright/platform/node';

/** Ids up to this many times their number are in the column. */
const SPARSE = 4;
const LEAST = 1024;

export class OffsetTable implements Iterable<readonly [id: number, offset: number]> {
  /** NaN where there is none. */
  private readonly dense = new Column(new Float64Array(0));
  private readonly others = new Map<number, number>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(id: number): number | undefined {
    if (!(id < this.dense.length)) return this.others.get(id);
    const offset = this.dense.at(id);
    return Number.isNaN(offset) ? this.others.get(id) : offset;
  }

  /** Returns whether the id was new; otherwise changes nothing. */
  add(id: number, offset: number): boolean {
    if (this.get(id) !== undefined) return false;
    this.count++;
    if (id < LEAST + SPARSE * this.count) {
      while (this.dense.length <= id) this.dense.push(NaN);
      this.dense.set(id, offset);
    } else this.others.set(id, offset);
    return true;
  }

  *[Symbol.iterator](): Generator<readonly [number, number]> {
    for (let id = 0; id < this.dense.length; id++) {
      const offset = this.dense.at(id);
      if (!Number.isNaN(offset)) yield [id, offset];
    }
    yield* this.others;
  }
}
