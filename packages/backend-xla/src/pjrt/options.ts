/** The one protobuf message a PJRT client writes: xla.CompileOptionsProto (xla/pjrt/proto/compile_options.proto). */
import { ProtobufWriter, varint } from '@facewright/core/protobuf';

export type FlagValue = string | number | boolean;

export interface CompileSettings {
  /** Number of devices the program is split over with SPMD; default 1. */
  readonly partitions?: number;
  /** XLA's debug flags by name, in addition to its defaults. An unknown name is an error. */
  readonly flags?: Readonly<Record<string, FlagValue>>;
}

/** OptionOverrideProto. */
function override(value: FlagValue): ProtobufWriter {
  const proto = new ProtobufWriter();
  if (typeof value === 'string') return proto.text(1, value);
  if (typeof value === 'boolean') return proto.integer(2, value);
  return Number.isInteger(value) ? proto.integer(3, value) : proto.double(4, value);
}

/** ExecutableBuildOptionsProto: device_ordinal, num_replicas, num_partitions, use_spmd_partitioning, device_assignment, use_shardy_partitioner. */
function buildOptions(partitions: number): ProtobufWriter {
  const build = new ProtobufWriter().integer(1, -1).integer(4, 1).integer(5, partitions);
  if (partitions === 1) return build;
  const assignment = new ProtobufWriter().integer(1, 1).integer(2, partitions);
  // replica_device_ids are packed
  for (let device = 0; device < partitions; device++)
    assignment.message(3, new ProtobufWriter().bytes(1, varint(device)));
  return build.integer(6, true).message(9, assignment).integer(19, true); // uses Shardy's shardings
}

export function encodeCompileOptions({ partitions = 1, flags = {} }: CompileSettings = {}): Uint8Array {
  const options = new ProtobufWriter().message(3, buildOptions(partitions));
  // field 7 adds flags to the defaults; field 3 of the build options would replace all of them
  for (const [name, value] of Object.entries(flags))
    options.message(7, new ProtobufWriter().text(1, name).message(2, override(value)));
  return options.encode();
}
