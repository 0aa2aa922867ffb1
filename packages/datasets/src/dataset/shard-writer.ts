/** Writes images into tar files of limited size, one after another, and says where each image's bytes lie. Any tar program reads them. */
import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { pack, type Pack } from 'tar-stream';

export interface ShardFile {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

export interface ShardWriter {
  append(name: string, bytes: Uint8Array): Promise<{ shard: number; offset: number }>;
  /** Ends the last shard; all of them are then on the disk. */
  finish(): Promise<ShardFile[]>;
  close(): Promise<void>;
}

interface OpenShard { readonly name: string; readonly file: FileHandle; readonly tar: Pack; readonly hash: Hash; size: number }

/** Bytes a tar file adds to an image: a header, up to four blocks more for a long name, the fill of the last block. */
const TAR_OVERHEAD = 5 * 512;
const EPOCH = new Date(0); // the same bytes for the same images

export function createShardWriter(directory: string, shardBytes: number): ShardWriter {
  const finished: ShardFile[] = [];
  let current: OpenShard | undefined;

  const begin = async (): Promise<OpenShard> => {
    const name = `shard-${String(finished.length).padStart(5, '0')}.tar`;
    return { name, file: await open(join(directory, name), 'wx'), tar: pack(), hash: createHash('sha256'), size: 0 };
  };
  const drain = async (shard: OpenShard): Promise<number> => {
    // a packed buffer lies ready in the stream at once: taking it out whole tells how long the header came to be
    const bytes = shard.tar.read() as Buffer;
    await shard.file.appendFile(bytes);
    shard.hash.update(bytes);
    shard.size += bytes.length;
    return shard.size;
  };
  const end = async (shard: OpenShard): Promise<void> => {
    shard.tar.finalize();
    await drain(shard);
    await shard.file.sync();
    await shard.file.close();
    finished.push({ name: shard.name, size: shard.size, sha256: shard.hash.digest('hex') });
  };

  return {
    append: async (name, bytes) => {
      if (current && current.size + bytes.length + TAR_OVERHEAD > shardBytes) {
        await end(current);
        current = undefined;
      }
      current ??= await begin();
      current.tar.entry({ name, size: bytes.length, mode: 0o644, mtime: EPOCH }, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      const after = await drain(current);
      return { shard: finished.length, offset: after - Math.ceil(bytes.length / 512) * 512 };
    },
    finish: async () => {
      if (current) await end(current);
      current = undefined;
      return finished;
    },
    close: async () => {
      await current?.file.close();
      current = undefined;
    },
  };
}
