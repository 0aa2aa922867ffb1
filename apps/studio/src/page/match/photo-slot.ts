/** One of the two photos, given by file, drop, paste or camera. Its faces are boxed, and one of them is selected. */
import type { Landmarks } from '@facewright/core';
import { element, errorBox, showError } from '../dom.js';
import { dropZone } from '../files.js';
import { faceBoxes, faceCanvas, photoCanvas } from '../images.js';
import type { FoundFace } from '../workers/matcher.js';
import { hasCamera, takePhoto } from './camera.js';

export interface Photo {
  readonly blob: Blob;
  /** The landmarks of a drawn face, which needs no detection. */
  readonly landmarks?: Landmarks;
}

export interface PhotoSlot {
  readonly name: string;
  readonly panel: HTMLElement;
  readonly photo: Photo | undefined;
  /** Largest first; `undefined` until detection has run. */
  readonly faces: readonly FoundFace[] | undefined;
  readonly chosen: FoundFace | undefined;
  /** Replaces the photo. */
  put(photo: Photo): void;
  /** Discards the faces, so that another model detects them again. */
  forget(): void;
  show(faces: readonly FoundFace[]): Promise<void>;
  /** Says why there is no face; with `drop`, the photo is discarded. */
  fail(error: unknown, drop: boolean): void;
}

interface SlotOptions {
  readonly name: string;
  onPhoto(blob: Blob): void;
  /** Called when another face is selected. */
  onChoose(): void;
}

export function createPhotoSlot({ name, onPhoto, onChoose }: SlotOptions): PhotoSlot {
  const found = element('div', { class: 'found' });
  const error = errorBox();
  let photo: Photo | undefined;
  let faces: readonly FoundFace[] | undefined;
  let chosen = 0;

  const clear = (): void => {
    faces = undefined;
    chosen = 0;
    found.replaceChildren();
    error.textContent = '';
  };
  const fail = (cause: unknown, drop: boolean): void => {
    clear();
    showError(error, cause);
    if (drop) photo = undefined;
  };

  async function show(all: readonly FoundFace[]): Promise<void> {
    faces = all;
    const picture = await photoCanvas(photo!.blob, name);
    const aligned = element('figure', {});
    const boxes = faceBoxes(
      picture,
      all.flatMap(({ face }) => face ?? []),
      (index) => {
        chosen = index;
        showAligned();
        onChoose();
      },
    );
    const showAligned = (): void => {
      boxes.choose(chosen);
      aligned.replaceChildren(
        faceCanvas(all[chosen].aligned, `Aligned face of the ${name.toLowerCase()}`),
        element('figcaption', {}, 'Aligned'),
      );
    };
    showAligned();
    found.replaceChildren(element('figure', {}, boxes.box, element('figcaption', {}, captionOf(all))), aligned);
  }

  const zone = photoZone(name, onPhoto, (cause) => fail(cause, false));
  return {
    name,
    panel: element(
      'div',
      { class: 'card', role: 'group', 'aria-label': name },
      element('h3', {}, name),
      zone,
      error,
      found,
    ),
    get photo() {
      return photo;
    },
    get faces() {
      return faces;
    },
    get chosen() {
      return faces?.[chosen];
    },
    put(given) {
      clear();
      photo = given;
    },
    forget: clear,
    show,
    fail,
  };
}

/** Where a photo is dropped, chosen or taken. */
function photoZone(name: string, onPhoto: (blob: Blob) => void, onError: (cause: unknown) => void): HTMLElement {
  const shoot = (): void => void takePhoto().then((blob) => blob && onPhoto(blob), onError);
  const camera = element('button', { type: 'button', onclick: shoot }, 'Use the camera…');
  const label = `Choose the ${name.toLowerCase()}…`;
  return dropZone(
    'Drop a photo here, or paste one.',
    [{ label, kind: 'file', accept: 'image/*', onFiles: ([{ file }]) => onPhoto(file) }],
    hasCamera() ? [camera] : [],
  );
}

function captionOf(faces: readonly FoundFace[]): string {
  if (!faces[0].face) return 'A drawn face: its landmarks are known';
  return faces.length === 1 ? 'One face' : `${faces.length} faces: select the one to compare`;
}
