export { Column, NameColumn } from './columns.js';
export { writeFileAtomic } from './atomic.js';
export * from './image-file.js';
export * from './jpeg-encoder.js';
export { importListed, importPlugins, loadPlugin, type PluginSource } from './load-plugin.js';
export * from './config-file.js';
export * from './checked-file.js';
export * from './pip.js';
export * from './file-names.js';
export * from './zip-file.js';
export * from './photo-file.js';
export { DirectoryTaken, lockDirectory, whileLocked, type Lock, type LockOptions } from './lock.js';
export { makeDirectory } from './make-directory.js';
export { userErrorOf } from './system-errors.js';
export {
  createWholeDirectory,
  writeWholeDirectory,
  type WholeDirectory,
  type WholeDirectoryOptions,
} from './whole-directory.js';
export { loadKoffi, type Koffi } from './koffi.js';
export { FAST_OFFSET, jpegDecoder, type PlainDecoder } from './jpeg/decoder.js';
export { jpegHeader } from './jpeg/header.js';
