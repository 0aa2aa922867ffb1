/**
 * Reads PyTorch checkpoints (`.pt`, `.pth`, `.ckpt`) without running anything in them. There are two formats of
 * `torch.save`: since 1.6 a zip file with `data.pkl` and one file per storage (torch/serialization.py, `_save`); before
 * that several consecutive pickles, followed by the storages (`_legacy_save`), each as a 64-bit count and its numbers.
 */
import { FacewrightError, RAW_BYTES } from '@facewright/core';
import { unpickle, unpickleFirst, type Unpickled, type UnpickleOptions } from '@facewright/core/pickle';
import { bytesSource, openZip } from '@facewright/platform/node';
import { refuseZip } from '../foreign-formats.js';
import { storageStore, TORCH_GLOBALS, type Storage } from './tensors.js';

/** The pickle of PyTorch's magic number 0x1950a86a20f9469cfc6c, by any protocol. */
const MAGIC =
  /^(?:\x80[\x02-\x05](?:\x95[^]{8})?\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\.|L119547037146038801333356L\n\.)/;
/** Longer than any of them. */
const HEAD_BYTES = 40;
const TODO = 'Save only the weights: torch.save(model.state_dict(), "model.pt").';

export const isTorch = (bytes: Uint8Array): boolean => isZip(bytes) || isLegacy(bytes);
const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
const isLegacy = (bytes: Uint8Array): boolean => magicOf(bytes) !== undefined;
const magicOf = (bytes: Uint8Array): string | undefined =>
  MAGIC.exec(Buffer.from(bytes.subarray(0, HEAD_BYTES)).toString('latin1'))?.[0];

/**
 * The saved value, with tensors as `TorchTensor`. Throws a `FacewrightError` for anything but a complete checkpoint of
 * plain values and tensors.
 */
export async function readTorch(bytes: Uint8Array, where: string): Promise<Unpickled> {
  return isLegacy(bytes) ? readLegacy(bytes, where) : readZip(bytes, where);
}

async function readZip(bytes: Uint8Array, where: string): Promise<Unpickled> {
  const zip = await openZip(bytesSource(bytes, where));
  const names = [...zip.names()];
  const pickle = names.find((name) => /^([^/]*\/)?data\.pkl$/.test(name)) ?? refuseZip(names, where);
  const files = new Map<string, Uint8Array>();
  // `torch.save` stores files uncompressed, so none unpacks to more than the whole file
  for (const name of names) files.set(name, await zip.bytes(name, { maxBytes: bytes.length }));
  const folder = pickle.slice(0, -'data.pkl'.length);
  const order = files.get(`${folder}byteorder`);
  if (order && Buffer.from(order).toString('latin1') !== 'little')
    throw new FacewrightError({ what: 'The checkpoint was written on a big-endian machine.', where, todo: TODO });
  const { storages, persistent } = storageStore();
  const value = unpickle(files.get(pickle)!, where, { globals: TORCH_GLOBALS, persistent, todo: TODO });
  for (const storage of storages.values()) storage.bytes = files.get(`${folder}data/${storage.key}`);
  return value;
}

function readLegacy(bytes: Uint8Array, where: string): Unpickled {
  const { storages, persistent } = storageStore();
  let at = magicOf(bytes)!.length;
  const next = (options?: UnpickleOptions): Unpickled => {
    const { value, end } = unpickleFirst(bytes.subarray(at), where, { todo: TODO, ...options });
    at += end;
    return value;
  };
  next(); // the version of the format, 1001
  const system = next();
  if (system instanceof Map && system.get('little_endian') === false)
    throw new FacewrightError({ what: 'The checkpoint was written on a big-endian machine.', where, todo: TODO });
  const value = next({ globals: TORCH_GLOBALS, persistent });
  const keys = next();
  const damaged = (what: string): never => {
    throw new FacewrightError({
      what: `The PyTorch checkpoint is damaged: ${what}.`,
      where,
      todo: 'Download or save the file again.',
    });
  };
  if (!Array.isArray(keys)) return damaged('its list of storages is missing');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const key of keys as Unpickled[]) {
    const storage: Storage =
      (typeof key === 'string' ? storages.get(key) : undefined) ?? damaged('it has a storage that no tensor uses');
    const count = at + 8 <= bytes.length ? Number(view.getBigUint64(at, true)) : damaged('it ends too early');
    const end = at + 8 + count * RAW_BYTES[storage.type];
    if (end > bytes.length) damaged('it ends too early');
    storage.bytes = bytes.subarray(at + 8, end);
    at = end;
  }
  return value;
}
