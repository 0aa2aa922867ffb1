/** Writes images to a series of tar files of limited size and returns the position of each image's bytes. Any tar program can read them. */
import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { END_BYTES, tarEntry } from './tar-entry.js';

export interface ShardFile {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

export interface ShardWriter {
  /** `together`: stay in the open shard, whatever its size. */
  append(name: string, bytes: Uint8Array, together?: boolean): Promise<{ shard: number; offset: number }>;
  /** Closes the open shard if this many images with this many bytes in total would not fit; they must stay together. */
  makeRoom(images: number, bytes: number): Promise<void>;
  /** Closes the last shard; all of them are then on disk. */
  finish(): Promise<ShardFile[]>;
  close(): Promise<void>;
}

/** `size` includes the bytes waiting in `pieces`. */
interface OpenShard {
  readonly name: string;
  readonly file: FileHandle;
  readonly hash: Hash;
  size: number;
  pieces: Uint8Array[];
  waiting: number;
}

/** Bytes that tar adds per image: a header, up to four more blocks for a long name, and padding of the last block. */
const TAR_OVERHEAD = 5 * 512;
/** Minimum size of a write: one call per image would take longer than its bytes. */
const PIECE_BYTES = 2 ** 20;

/** `before`: complete shards that already exist. `onWhole` is awaited after each shard is on disk. */
export function createShardWriter(
  directory: string,
  shardBytes: number,
  before: readonly ShardFile[] = [],
  onWhole?: (shard: ShardFile) => Promise<void>,
): ShardWriter {
  const finished: ShardFile[] = [...before];
  let current: OpenShard | undefined;

  const begin = async (): Promise<OpenShard> => {
    const name = `shard-${String(finished.length).padStart(5, '0')}.tar`;
    return {
      name,
      file: await open(join(directory, name), 'wx'),
      hash: createHash('sha256'),
      size: 0,
      pieces: [],
      waiting: 0,
    };
  };
  const flush = async (shard: OpenShard): Promise<void> => {
    const piece = Buffer.concat(shard.pieces);
    [shard.pieces, shard.waiting] = [[], 0];
    await shard.file.appendFile(piece);
    shard.hash.update(piece);
  };
  const write = async (shard: OpenShard, bytes: Uint8Array): Promise<void> => {
    shard.pieces.push(bytes);
    shard.waiting += bytes.length;
    shard.size += bytes.length;
    if (shard.waiting >= PIECE_BYTES) await flush(shard);
  };
  const end = async (shard: OpenShard): Promise<void> => {
    await write(shard, new Uint8Array(END_BYTES));
    await flush(shard);
    await shard.file.sync();
    await shard.file.close();
    const whole = { name: shard.name, size: shard.size, sha256: shard.hash.digest('hex') };
    finished.push(whole);
    current = undefined;
    await onWhole?.(whole);
  };

  return {
    append: async (name, bytes, together = false) => {
      if (!together && current && current.size + bytes.length + TAR_OVERHEAD > shardBytes) await end(current);
      current ??= await begin();
      await write(current, await tarEntry(name, bytes));
      return { shard: finished.length, offset: current.size - Math.ceil(bytes.length / 512) * 512 };
    },
    makeRoom: async (images, bytes) => {
      if (current && current.size + bytes + images * TAR_OVERHEAD > shardBytes) await end(current);
    },
    finish: async () => {
      if (current) await end(current);
      return finished;
    },
    close: async () => {
      await current?.file.close();
      current = undefined;
    },
  };
}
