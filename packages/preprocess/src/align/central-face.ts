/** Picks the main face of a photo with several faces. */
import type { Face, RgbImage } from '@facewright/core';

/**
 * Prefers large, central faces: area minus twice the squared distance from the centre, as in facenet's
 * `align_dataset_mtcnn.py`.
 */
export function centralFace(
  faces: readonly Face[],
  { width, height }: Pick<RgbImage, 'width' | 'height'>,
): Face | undefined {
  const merit = ({ box }: Face): number =>
    box.width * box.height -
    2 * ((box.x + box.width / 2 - width / 2) ** 2 + (box.y + box.height / 2 - height / 2) ** 2);
  return faces.reduce<Face | undefined>((best, face) => (best && merit(best) >= merit(face) ? best : face), undefined);
}
