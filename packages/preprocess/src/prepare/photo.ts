/** One photo on its way to aligned images: bytes, pixels, faces, crops; whatever cannot go on becomes an exclusion with its reason. */
import {
  FacewrightError, Interrupted, landmarkPoints, messageOf,
  type Aligner, type Detector, type Exclusion, type Face, type Landmarks, type Photo, type RgbImage,
} from '@facewright/core';
import { decodeImage, ImageError } from '@facewright/core/node';

/** Below this no face is large enough for any detector or for an alignment that shows one. */
const MIN_SIDE = 12;

export type FacesPolicy = 'exactly-one' | 'largest' | 'all';

export type Decoded = { readonly photo: Photo; readonly image: RgbImage } | { readonly photo: Photo; readonly exclusion: Exclusion };

export interface AlignedFace {
  readonly image: RgbImage;
  readonly landmarks?: Landmarks;
}
export type Outcome = { readonly faces: readonly AlignedFace[] } | { readonly exclusion: Exclusion };

/** A photo left out, and why. */
export const excluded = (photo: Photo, reason: Exclusion['reason'], detail?: string): { readonly photo: Photo; readonly exclusion: Exclusion } => ({
  photo,
  exclusion: { photo: photo.id, identity: photo.identity, reason, ...(detail === undefined ? {} : { detail }) },
});

/** Never rejects. */
export async function decodePhoto(photo: Photo): Promise<Decoded> {
  if (photo.excluded) return excluded(photo, photo.excluded.reason, photo.excluded.detail);
  try {
    const image = await decodeImage(await photo.bytes(), { where: photo.id });
    if (!photo.aligned && Math.min(image.width, image.height) < MIN_SIDE) return excluded(photo, 'too-small', `${image.width} × ${image.height} pixels`);
    return { photo, image };
  } catch (error) {
    return excluded(photo, error instanceof ImageError ? error.reason : 'unreadable', error instanceof FacewrightError ? error.what : messageOf(error));
  }
}

/** The aligned faces of a decoded photo by the policy; rejects only when interrupted. */
export async function alignPhoto(
  { photo, image }: { readonly photo: Photo; readonly image: RgbImage },
  { aligner, detector, faces: policy }: { readonly aligner: Aligner; readonly detector: () => Promise<Detector | undefined>; readonly faces: FacesPolicy },
): Promise<Outcome> {
  const { size } = aligner;
  if (photo.aligned) {
    if (image.width !== size || image.height !== size) return excluded(photo, 'wrong-size', `${image.width} × ${image.height} pixels, not ${size} × ${size}`);
    return { faces: [{ image }] };
  }
  if (photo.landmarks) {
    if (!landmarkPoints(photo.landmarks).some(([x, y]) => x >= 0 && y >= 0 && x < image.width && y < image.height)) {
      return excluded(photo, 'bad-landmarks', `none of the five points lies in the image of ${image.width} × ${image.height} pixels`);
    }
    return aligned(photo, image, [photo.landmarks], aligner);
  }
  const finder = await detector();
  if (!finder) return excluded(photo, 'no-landmarks', 'there is no detector, and the dataset brings no landmarks for it');
  let found: Face[];
  try {
    found = await finder.detect(image);
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    return excluded(photo, 'detection-failed', messageOf(error));
  }
  if (found.length === 0) return excluded(photo, 'no-face');
  if (found.length > 1 && policy === 'exactly-one') return excluded(photo, 'several-faces', `${found.length} faces`);
  const area = ({ box }: Face): number => box.width * box.height;
  const chosen = policy === 'largest' ? [found.reduce((best, face) => (area(face) > area(best) ? face : best))] : found;
  return aligned(photo, image, chosen.map(({ landmarks }) => landmarks), aligner);
}

function aligned(photo: Photo, image: RgbImage, landmarks: readonly Landmarks[], aligner: Aligner): Outcome {
  try {
    return { faces: landmarks.map((points) => ({ image: aligner.align(image, points), landmarks: points })) };
  } catch (error) {
    return excluded(photo, 'bad-landmarks', error instanceof FacewrightError ? error.what : messageOf(error));
  }
}
