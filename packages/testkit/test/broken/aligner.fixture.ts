/** Aligners that are wrong in one way each. */
import { definePlugin, landmarkPoints, type Aligner, type RgbImage } from '@facewright/core';
import { testAligner } from '@facewright/testkit';
import { meta, options, template } from './shared.js';

type Point = readonly [number, number];
const middle = (points: readonly Point[], axis: 0 | 1): number =>
  points.reduce((sum, point) => sum + point[axis], 0) / 5;

/** The similarity of least squares, with the nearest pixel; `only` leaves out the turn and the scale. */
const alignWith =
  (only: 'moves' | 'all'): Aligner['align'] =>
  (image, landmarks) => {
    const [from, to] = [landmarkPoints(template), landmarkPoints(landmarks)];
    const [fx, fy, tx, ty] = [middle(from, 0), middle(from, 1), middle(to, 0), middle(to, 1)];
    let [along, across, length] = [0, 0, 0];
    from.forEach(([x, y], i) => {
      along += (x - fx) * (to[i][0] - tx) + (y - fy) * (to[i][1] - ty);
      across += (x - fx) * (to[i][1] - ty) - (y - fy) * (to[i][0] - tx);
      length += (x - fx) ** 2 + (y - fy) ** 2;
    });
    const [a, b] = only === 'moves' ? [1, 0] : [along / length, across / length];
    const data = new Uint8Array(112 * 112 * 3);
    for (let i = 0; i < data.length; i++) {
      const [dx, dy] = [(Math.floor(i / 3) % 112) - fx, Math.floor(i / 336) - fy];
      const [x, y] = [Math.round(tx + a * dx - b * dy), Math.round(ty + b * dx + a * dy)];
      if (x >= 0 && y >= 0 && x < image.width && y < image.height)
        data[i] = image.data[(y * image.width + x) * 3 + (i % 3)];
    }
    return { width: 112, height: 112, data };
  };
const align = alignWith('all');
const shifted = (image: RgbImage): RgbImage => ({
  ...image,
  data: Uint8Array.from(image.data, (_, i) => image.data[i - 9] ?? 0),
});
const greyOutside: Aligner['align'] = (image, landmarks) => {
  const { data, ...size } = align(image, landmarks);
  return { ...size, data: data.map((value) => Math.max(value, 128)) };
};
const aligner = (changes: (aligner: Aligner) => Partial<Aligner>, name: string): void =>
  testAligner(
    definePlugin({
      meta: meta('aligner', name),
      options,
      create: () => {
        const sound: Aligner = { fingerprint: name, size: 112, align };
        return { ...sound, ...changes(sound) };
      },
    })(),
    { template },
  );
aligner(() => ({ align: alignWith('moves') }), 'only-moves');
aligner(() => ({ align: greyOutside }), 'grey-outside');
aligner(({ align }) => ({ align: (photo, landmarks) => shifted(align(photo, landmarks)) }), 'beside-the-template');
aligner(
  ({ align }) => ({ align: (photo, landmarks) => ({ ...align(photo, landmarks), width: 224, height: 56 }) }),
  'another-shape',
);
aligner(
  ({ align }) => ({
    align(photo, landmarks) {
      if (photo.width < 2) throw new Error('too small');
      return align(photo, landmarks);
    },
  }),
  'refuses-one-pixel',
);
aligner(
  ({ align }) => ({
    align(photo, landmarks) {
      const result = align(photo, landmarks);
      photo.data.fill(0);
      return result;
    },
  }),
  'clears-the-photo',
);
aligner(() => ({ fingerprint: String(Math.random()) }), 'a-fingerprint-each-time');
