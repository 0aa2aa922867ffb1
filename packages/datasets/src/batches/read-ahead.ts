/** Reads images into memory in the order in which they lie in their files, in long pieces, before a batch asks for them. */
import type { ImagePlace } from '../dataset/index-format.js';
import type { OpenFiles } from '../dataset/open-files.js';
import { HeldImages } from './held-images.js';

/** Read at once. */
const MOST_BYTES = 8 << 20;
/** Skipping less than this is slower than reading it. */
const SMALL_GAP = 64 << 10;

interface Piece {
  readonly shard: number;
  readonly start: number;
  end: number;
  readonly images: { readonly sample: number; readonly place: ImagePlace }[];
}

export class ReadAhead {
  readonly held = new HeldImages();
  private tail: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly files: OpenFiles,
    private readonly placeOf: (index: number) => ImagePlace,
  ) {}

  /** Resolves once the images are held, or could not be read: the batch then reads them by itself and gives the reason. */
  prefetch(samples: ArrayLike<number>, anew: boolean): Promise<void> {
    this.tail = this.tail.then(async () => {
      if (anew) this.held.clear();
      for (const piece of piecesOf(samples, this.placeOf)) {
        if (this.closed) return;
        await this.read(piece).catch(() => undefined);
      }
    });
    return this.tail;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.tail;
    await this.files.close();
    this.held.clear();
  }

  private async read({ shard, start, end, images }: Piece): Promise<void> {
    const bytes = await this.files.use(shard, (file) => file.read(start, end - start));
    for (const { sample, place } of images)
      this.held.put(sample, bytes.subarray(place.offset - start, place.offset - start + place.size));
  }
}

function* piecesOf(samples: ArrayLike<number>, placeOf: (index: number) => ImagePlace): Generator<Piece> {
  let piece: Piece | undefined;
  for (let i = 0; i < samples.length; i++) {
    const place = placeOf(samples[i]);
    const { shard, offset, size } = place;
    const follows =
      piece?.shard === shard &&
      offset >= piece.end &&
      offset - piece.end <= SMALL_GAP &&
      offset + size - piece.start <= MOST_BYTES;
    if (!piece || !follows) {
      if (piece) yield piece;
      piece = { shard, start: offset, end: offset, images: [] };
    }
    piece.end = offset + size;
    piece.images.push({ sample: samples[i], place });
  }
  if (piece) yield piece;
}
