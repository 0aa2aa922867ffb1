/**
 * The gallery of the “Match” page: people enrolled from a folder of photos or a saved file. It finds out who of them a
 * face belongs to. Embeddings are specific to a model, so people from photos are enrolled again for another model.
 */
import { countOf } from '@facewright/core';
import { Gallery, type GalleryModel } from '@facewright/recognise';
import { element, errorBox, showError } from '../dom.js';
import { download, dropZone, type GivenFile } from '../files.js';
import { peopleOf } from '../people.js';
import type { FoundFace } from '../workers/matcher.js';
import type { PhotoFile } from '../workers/run.js';
import type { Photo } from './photo-slot.js';

type Source = { readonly photos: readonly PhotoFile[] } | { readonly name: string; readonly bytes: Uint8Array };

export interface PeopleGallery {
  readonly box: HTMLElement;
  /** Whether there are people who are not enrolled for this model yet. */
  isWaiting(): boolean;
  /** Whether faces must be detected in their photos. */
  needsDetector(): boolean;
  /** Discards the embeddings and keeps the photos. */
  forget(): void;
  /** Enrols the people, using the largest face in each photo. */
  fill(
    model: GalleryModel,
    faces: (photo: Photo) => Promise<FoundFace[]>,
    onStatus: (text: string) => void,
  ): Promise<void>;
  /** A sentence about a face; `undefined` without people. */
  nameOf(embedding: Float32Array, threshold: number): string | undefined;
}

export function createGallery({ onChange }: { onChange(): void }): PeopleGallery {
  const error = errorBox();
  const line = element('p', { class: 'hint', role: 'status' }, 'Nobody is enrolled yet.');
  let source: Source | undefined;
  let gallery: Gallery | undefined;

  const save = element('button', { type: 'button', hidden: true }, 'Save the gallery');
  const clear = element('button', { type: 'button', hidden: true }, 'Forget everybody');
  save.addEventListener(
    'click',
    () => gallery && download('people.safetensors', gallery.encode(), 'application/octet-stream'),
  );
  clear.addEventListener('click', () => take(undefined));

  function take(given: Source | undefined): void {
    [source, gallery] = [given, undefined];
    error.textContent = '';
    line.textContent = given ? 'The people are enrolled once a model is open.' : 'Nobody is enrolled yet.';
    save.hidden = true;
    clear.hidden = !given;
    onChange();
  }
  const guarded = (work: () => Promise<void> | void) => (): void =>
    void Promise.resolve()
      .then(work)
      .catch((cause: unknown) => showError(error, cause));
  const openFolder = (files: readonly GivenFile[]): void => guarded(() => take({ photos: peopleOf(files) }))();
  const openFile = ([{ file, path }]: readonly GivenFile[]): void =>
    guarded(async () => take({ name: path, bytes: new Uint8Array(await file.arrayBuffer()) }))();

  return {
    box: element(
      'div',
      {},
      dropZone('Drop a folder here that has one subfolder of photos for each person. The faces above are then named.', [
        { label: 'Choose a folder of people…', kind: 'directory', onFiles: openFolder },
        { label: 'Choose a saved gallery…', kind: 'file', accept: '.safetensors', onFiles: openFile },
      ]),
      line,
      error,
      element('div', { class: 'buttons' }, save, clear),
    ),
    isWaiting: () => source !== undefined && gallery === undefined,
    needsDetector: () => source !== undefined && 'photos' in source,
    forget: () => (gallery = undefined),
    async fill(model, faces, onStatus) {
      const given = source;
      if (!given) return;
      try {
        const { filled, skipped } =
          'photos' in given
            ? await enrol(given.photos, model, faces, onStatus)
            : { filled: decoded(given, model), skipped: 0 };
        if (source !== given) return; // other people were chosen in the meantime
        gallery = filled;
        line.textContent = summary(filled, skipped);
        save.hidden = false;
      } catch (cause) {
        take(undefined);
        showError(error, cause);
      }
    },
    nameOf(embedding, threshold) {
      const [first] = gallery?.nearest(embedding, 1) ?? [];
      if (!first) return undefined;
      const cosine = `cosine ${first.similarity.toFixed(4)}`;
      return first.similarity >= threshold
        ? `${first.name} (${cosine})`
        : `nobody of the gallery; most like ${first.name} (${cosine})`;
    },
  };
}

function decoded({ bytes, name }: { readonly bytes: Uint8Array; readonly name: string }, model: GalleryModel): Gallery {
  const gallery = new Gallery(model);
  gallery.decode(bytes, name);
  return gallery;
}

async function enrol(
  photos: readonly PhotoFile[],
  model: GalleryModel,
  faces: (photo: Photo) => Promise<FoundFace[]>,
  onStatus: (text: string) => void,
): Promise<{ filled: Gallery; skipped: number }> {
  const filled = new Gallery(model);
  let skipped = 0;
  for (const [index, photo] of photos.entries()) {
    onStatus(`Enrolling photo ${index + 1} of ${photos.length}…`);
    const found = await faces(photo).catch(() => []); // no face, or not a photo
    if (found.length) filled.add(photo.identity, [found[0].embedding]);
    else skipped++;
  }
  if (!filled.list().length) throw new Error('No face was found in any of these photos.');
  return { filled, skipped };
}

function summary(gallery: Gallery, skipped: number): string {
  const people = gallery.list();
  const photos = people.reduce((sum, each) => sum + each.photos, 0);
  return `${countOf(people.length, 'person')} enrolled from ${countOf(photos, 'photo')}${skipped ? `; ${skipped} without a face were left out` : ''}.`;
}
