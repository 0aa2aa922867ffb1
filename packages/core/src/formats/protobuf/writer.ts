/**
 * Writes protobuf messages field by field (https://protobuf.dev/programming-guides/encoding), without a schema. Fields come out in the order in
 * which they were added.
 */
import { joinBytes } from '../join-bytes.js';
import { WIRE, type WireType } from './wire.js';

const encoder = new TextEncoder();

/** An integer in [−2⁶³, 2⁶⁴), seven bits to a byte, the lowest first. A negative one takes ten bytes. */
export function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Uint8Array.from([...bytes, Number(rest)]);
}

/** One message. Each method adds a field and returns the writer. */
export class ProtobufWriter {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  /** `int32`, `int64`, `uint32`, `uint64`, `bool` or an enum. */
  integer(field: number, value: number | bigint | boolean): this {
    return this.field(field, WIRE.varint, varint(BigInt(value)));
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.field(field, WIRE.fixed32, bytes);
  }

  double(field: number, value: number): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    return this.field(field, WIRE.fixed64, bytes);
  }

  /** The bytes are not copied until `encode`. */
  bytes(field: number, bytes: Uint8Array): this {
    return this.field(field, WIRE.bytes, varint(bytes.length), bytes);
  }

  text(field: number, text: string): this {
    return this.bytes(field, encoder.encode(text));
  }

  message(field: number, { parts, length }: ProtobufWriter): this {
    this.field(field, WIRE.bytes, varint(length));
    // one by one: a message may have more parts than a call takes arguments
    for (const part of parts) this.add(part);
    return this;
  }

  encode(): Uint8Array {
    return joinBytes(this.parts);
  }

  private field(number: number, type: WireType, ...parts: readonly Uint8Array[]): this {
    this.add(varint((number << 3) | type));
    for (const part of parts) this.add(part);
    return this;
  }

  private add(part: Uint8Array): void {
    this.parts.push(part);
    this.length += part.length;
  }
}
