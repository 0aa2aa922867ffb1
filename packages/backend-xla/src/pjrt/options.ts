/** The one protobuf message a PJRT client writes: xla.CompileOptionsProto (xla/pjrt/proto/compile_options.proto). */

export type FlagValue = string | number | boolean;

export interface CompileSettings {
  /** Number of devices the program is split over with SPMD; default 1. */
  readonly partitions?: number;
  /** XLA's debug flags by name, in addition to its defaults. An unknown name is an error. */
  readonly flags?: Readonly<Record<string, FlagValue>>;
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

/** Negative numbers take ten bytes, as in protobuf. */
function varint(number: number): number[] {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, BigInt(number)); ; rest >>= 7n) {
    if (rest < 128n) return [...bytes, Number(rest)];
    bytes.push(Number(rest & 127n) | 128);
  }
}

const whole = (field: number, value: number): number[] => [...varint((field << 3) | VARINT), ...varint(value)];
const message = (field: number, body: readonly number[]): number[] => [
  ...varint((field << 3) | BYTES),
  ...varint(body.length),
  ...body,
];
const text = (field: number, value: string): number[] => message(field, [...Buffer.from(value, 'utf8')]);
const double = (field: number, value: number): number[] => [
  ...varint((field << 3) | FIXED64),
  ...new Uint8Array(Float64Array.of(value).buffer),
];

/** OptionOverrideProto. */
function override(value: FlagValue): number[] {
  if (typeof value === 'string') return text(1, value);
  if (typeof value === 'boolean') return whole(2, value ? 1 : 0);
  return Number.isInteger(value) ? whole(3, value) : double(4, value);
}

export function encodeCompileOptions({ partitions = 1, flags = {} }: CompileSettings = {}): Uint8Array {
  // ExecutableBuildOptionsProto: device_ordinal, num_replicas, num_partitions, use_spmd_partitioning, device_assignment, use_shardy_partitioner
  const build = [...whole(1, -1), ...whole(4, 1), ...whole(5, partitions)];
  if (partitions > 1) {
    const computations = Array.from({ length: partitions }, (_, device) => message(3, message(1, varint(device))));
    build.push(...whole(6, 1), ...message(9, [...whole(1, 1), ...whole(2, partitions), ...computations.flat()]));
    build.push(...whole(19, 1)); // uses Shardy's shardings
  }
  // field 7 adds flags to the defaults; field 3 of the build options would replace all of them
  const overrides = Object.entries(flags).map(([name, value]) =>
    message(7, [...text(1, name), ...message(2, override(value))]),
  );
  return Uint8Array.from([...message(3, build), ...overrides.flat()]);
}
