/** Protobuf messages without a schema: written field by field, and read back as a list of fields. */
export { ProtobufWriter, varint } from './writer.js';
export { fields, integersOf, messageOf, ProtobufError, textOf, type Field } from './reader.js';
