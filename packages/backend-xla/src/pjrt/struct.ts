/**
 * Memory for C: argument structs, arrays of pointers, text. Every address is that of an `ArrayBuffer`, which does not
 * move.
 */
import type { Koffi } from '@facewright/native-libraries';

export type Pointer = bigint;
type Memory = Struct | ArrayBufferView;

/** Zeroed memory at a fixed address. Whatever its fields point to lives as long as it does. */
export class Struct {
  readonly address: Pointer;
  private readonly view: DataView;
  private readonly kept: Memory[] = [];

  constructor(
    private readonly koffi: Koffi,
    readonly bytes: number,
  ) {
    const buffer = new ArrayBuffer(Math.max(8, bytes));
    this.view = new DataView(buffer);
    this.address = koffi.address(new Uint8Array(buffer));
  }

  word(at: number, value: number | bigint): this {
    this.view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);
    return this;
  }

  int32(at: number, value: number): this {
    this.view.setInt32(at, value, true);
    return this;
  }

  float32(at: number, value: number): this {
    this.view.setFloat32(at, value, true);
    return this;
  }

  pointer(at: number, to: Memory | Pointer): this {
    if (typeof to === 'bigint') return this.word(at, to);
    this.kept.push(to);
    return this.word(at, to instanceof Struct ? to.address : this.koffi.address(to));
  }

  /** A pointer to the bytes of `text`, followed by their number. */
  text(at: number, text: string): this {
    const bytes = cBytes(text);
    return this.pointer(at, bytes).word(at + 8, bytes.length - 1);
  }

  getWord(at: number): Pointer {
    return this.view.getBigUint64(at, true);
  }

  getNumber(at: number): number {
    return Number(this.view.getBigInt64(at, true));
  }

  getInt32(at: number): number {
    return this.view.getInt32(at, true);
  }

  getBool(at: number): boolean {
    return this.view.getUint8(at) !== 0;
  }

  /** The text whose pointer and length are at `at`. */
  getText(at: number): string {
    const length = this.getNumber(at + 8);
    return length === 0 ? '' : Buffer.from(this.koffi.view(this.getWord(at), length)).toString('utf8');
  }
}

/** An array of pointers. */
export function pointers(koffi: Koffi, list: readonly (Struct | Pointer)[]): Struct {
  const array = new Struct(koffi, 8 * list.length);
  list.forEach((entry, i) => array.pointer(8 * i, entry));
  return array;
}

/** Zero-terminated UTF-8. */
function cBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8');
  const own = new Uint8Array(new ArrayBuffer(bytes.length + 1));
  own.set(bytes);
  return own;
}
