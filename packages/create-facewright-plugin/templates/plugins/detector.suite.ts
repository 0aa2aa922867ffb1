import { testDetector } from '@facewright/testkit';
import { myPlugin } from './detector.js';

/** A synthetic photo: a smooth grey gradient. Give the suite your own photos. */
const slope = {
  width: 64,
  height: 64,
  data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => 2 * (Math.floor(i / 3) % 64)),
};

testDetector(myPlugin(), { photos: [{ name: 'slope', image: () => slope, faces: 1 }] });
