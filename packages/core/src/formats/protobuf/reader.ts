/** Reads protobuf messages field by field (https://protobuf.dev/programming-guides/encoding), without a schema. */

import { WIRE } from './wire.js';

/** Thrown for bytes that are not protobuf. */
export class ProtobufError extends Error {}

export type Field =
  | { readonly number: number; readonly kind: 'integer'; readonly value: bigint }
  | { readonly number: number; readonly kind: 'fixed32' | 'fixed64' | 'bytes'; readonly bytes: Uint8Array };

/** The fields of a message in order. Bytes are views. Throws a `ProtobufError`. */
export function* fields(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= message.length) throw new ProtobufError('a number is not terminated');
      const byte = message[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new ProtobufError('a number has more than ten bytes');
  };
  const take = (length: number): Uint8Array => {
    if (length > message.length - at) throw new ProtobufError('a field ends after the message');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const number = Math.floor(tag / 8);
    if (number === 0 || number >= 2 ** 29) throw new ProtobufError(`there is no field ${number}`);
    switch (tag % 8) {
      case WIRE.varint:
        yield { number, kind: 'integer', value: varint() };
        break;
      case WIRE.fixed64:
        yield { number, kind: 'fixed64', bytes: take(8) };
        break;
      case WIRE.bytes:
        yield { number, kind: 'bytes', bytes: take(Number(varint())) };
        break;
      case WIRE.fixed32:
        yield { number, kind: 'fixed32', bytes: take(4) };
        break;
      default:
        throw new ProtobufError(`a field has the unknown wire type ${tag % 8}`);
    }
  }
}

/** Repeated integers, packed or not. */
export function integersOf(field: Field): number[] {
  if (field.kind === 'integer') return [Number(BigInt.asIntN(64, field.value))];
  if (field.kind !== 'bytes') throw new ProtobufError('a list of integers is malformed');
  const values: number[] = [];
  let [value, shift] = [0n, 0n];
  for (const byte of field.bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (shift > 70n) throw new ProtobufError('a number has more than ten bytes');
    if (byte >= 0x80) continue;
    values.push(Number(BigInt.asIntN(64, value)));
    [value, shift] = [0n, 0n];
  }
  if (shift) throw new ProtobufError('a number is not terminated');
  return values;
}

export function textOf(field: Field): string {
  return new TextDecoder().decode(messageOf(field));
}

export function messageOf(field: Field): Uint8Array {
  if (field.kind !== 'bytes') throw new ProtobufError(`field ${field.number} is not a message`);
  return field.bytes;
}
