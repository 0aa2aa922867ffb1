/**
 * The people a recogniser knows: the embeddings of their photos, finding the closest person, and storing everything in
 * one file.
 */
import {
  decodeSafetensors,
  encodeSafetensors,
  FacewrightError,
  hostTensor,
  messageOf,
  parseOptions,
} from '@facewright/core';
import { meanEmbedding } from '@facewright/training';
import { z } from 'zod';

export interface GalleryModel {
  /** The result of `modelIdentity`. */
  readonly identity: string;
  readonly embeddingSize: number;
}

export interface Candidate {
  readonly name: string;
  /** Cosine between the embedding and the mean of the person's own, in [−1, 1]. */
  readonly similarity: number;
}

/** The people's means, of length 1, in one array: a face is compared with a million of them in a tenth of a second. */
interface Means {
  readonly names: readonly string[];
  /** [people, embeddingSize], row-major. */
  readonly rows: Float32Array;
}

const FORMAT = 'facewright-gallery';
const metadataSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal('1'),
  model: z.string(),
  people: z.string(),
});
const peopleSchema = z.array(z.object({ name: z.string().min(1), photos: z.int().min(1) }));

export class Gallery {
  /** Each person's embeddings. */
  private people = new Map<string, readonly Float32Array[]>();
  /** Computed when they are next needed. */
  private means: Means | undefined;

  constructor(private readonly model: GalleryModel) {}

  /** People with their numbers of photos, in order of enrolment. */
  list(): { readonly name: string; readonly photos: number }[] {
    return [...this.people].map(([name, embeddings]) => ({ name, photos: embeddings.length }));
  }

  /** Adds embeddings of length 1; for a known person, in addition to the earlier ones. */
  add(name: string, embeddings: readonly Float32Array[]): void {
    if (!embeddings.length) return;
    const known = this.asKnown(name);
    this.people.set(known, [...(this.people.get(known) ?? []), ...embeddings]);
    this.means = undefined;
  }

  /** Returns whether the person was known. */
  forget(name: string): boolean {
    this.means = undefined;
    return this.people.delete(this.asKnown(name));
  }

  /** Names look the same however their accents are written in Unicode; macOS writes others than a keyboard. */
  private asKnown(name: string): string {
    return [name, name.normalize('NFC'), name.normalize('NFD')].find((each) => this.people.has(each)) ?? name;
  }

  /** The most similar people, best first. */
  nearest(embedding: Float32Array, count: number): Candidate[] {
    const { names, rows } = (this.means ??= this.meansOfAll());
    const found: Candidate[] = [];
    for (const [index, name] of names.entries()) {
      const similarity = cosineWithRow(embedding, rows, index);
      if (found.length === count && similarity <= found[count - 1].similarity) continue;
      const place = found.findIndex((other) => other.similarity < similarity);
      found.splice(place < 0 ? found.length : place, 0, { name, similarity });
      found.length = Math.min(found.length, count);
    }
    return found;
  }

  /**
   * A safetensors file: `embeddings` [photos, embeddingSize] in the order of `people` in its metadata, and the model
   * they were made with.
   */
  encode(): Uint8Array {
    const rows = [...this.people.values()].flat();
    const data = new Float32Array(rows.length * this.model.embeddingSize);
    rows.forEach((row, index) => data.set(row, index * this.model.embeddingSize));
    return encodeSafetensors(
      { embeddings: hostTensor([rows.length, this.model.embeddingSize], data) },
      { format: FORMAT, version: '1', model: this.model.identity, people: JSON.stringify(this.list()) },
    );
  }

  /**
   * Replaces the known people with those in a file. Throws a `FacewrightError`, and changes nothing, if the file is
   * damaged or from another model.
   */
  decode(file: Uint8Array, where: string): void {
    const { tensors, metadata } = decodeSafetensors(file, where);
    if (metadata.format !== FORMAT)
      throw new FacewrightError({
        what: 'This is a safetensors file, but not a gallery of people.',
        where,
        todo: 'Give the path of a file saved by a recogniser.',
      });
    const { model, people } = parseOptions(metadataSchema, metadata, where);
    if (model !== this.model.identity)
      throw new FacewrightError({
        what: 'The gallery is from another model, whose embeddings cannot be compared with those of this one.',
        where,
        todo: 'Use the model it was made with, or enrol the people again.',
      });
    this.people = this.peopleOf(namesOf(people, where), tensors.embeddings?.data as Float32Array | undefined, where);
    this.means = undefined;
  }

  private meansOfAll(): Means {
    const rows = new Float32Array(this.people.size * this.model.embeddingSize);
    let at = 0;
    for (const embeddings of this.people.values()) {
      rows.set(embeddings.length === 1 ? embeddings[0] : meanEmbedding(embeddings), at);
      at += this.model.embeddingSize;
    }
    return { names: [...this.people.keys()], rows };
  }

  private peopleOf(listed: z.output<typeof peopleSchema>, data: Float32Array | undefined, where: string) {
    const { embeddingSize } = this.model;
    const photos = listed.reduce((sum, each) => sum + each.photos, 0);
    const whole = data instanceof Float32Array && data.length === photos * embeddingSize && data.every(Number.isFinite);
    if (!whole || new Set(listed.map(({ name }) => name)).size !== listed.length)
      throw new FacewrightError({
        what: 'The gallery is damaged: its embeddings do not match its list of people.',
        where,
        todo: 'Use another copy of the file, or enrol the people again.',
      });
    let at = 0;
    const next = (): Float32Array => data.subarray(at, (at += embeddingSize));
    return new Map(listed.map((each) => [each.name, Array.from({ length: each.photos }, next)]));
  }
}

/** The cosine of a vector and a row, both of length 1. Four sums, because one would wait for itself. */
function cosineWithRow(vector: Float32Array, rows: Float32Array, row: number): number {
  const size = vector.length;
  const start = row * size;
  let [a, b, c, d] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 3 < size; k += 4) {
    const at = start + k;
    a += vector[k] * rows[at];
    b += vector[k + 1] * rows[at + 1];
    c += vector[k + 2] * rows[at + 2];
    d += vector[k + 3] * rows[at + 3];
  }
  for (; k < size; k++) a += vector[k] * rows[start + k];
  return a + b + (c + d);
}

function namesOf(text: string, where: string): z.output<typeof peopleSchema> {
  try {
    return parseOptions(peopleSchema, JSON.parse(text), where);
  } catch (cause) {
    throw new FacewrightError({
      what: `The gallery is damaged: cannot read its list of people: ${messageOf(cause)}`,
      where,
      todo: 'Use another copy of the file, or enrol the people again.',
      cause,
    });
  }
}
