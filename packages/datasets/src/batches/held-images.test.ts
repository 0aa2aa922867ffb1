import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeldImages } from './held-images.js';

const noise = Uint8Array.from({ length: 10_000 }, (_, at) => (at * at) % 251);
const bytesOf = (sample: number, size: number): Uint8Array => noise.subarray(sample % 97, (sample % 97) + size);
const taken = (held: HeldImages, sample: number): Uint8Array => {
  const into = new Uint8Array(held.sizeOf(sample)!);
  held.take(sample, into);
  return into;
};

test('whatever is put and taken in whatever order comes out as it was', () => {
  const step = fc.record({ sample: fc.nat(20), size: fc.nat(5000), put: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const held = new HeldImages();
      const expected = new Map<number, { bytes: Uint8Array; uses: number }>();
      for (const { sample, size, put } of steps) {
        const known = expected.get(sample);
        if (put) {
          const bytes = known?.bytes ?? bytesOf(sample, size);
          held.put(sample, bytes);
          expected.set(sample, { bytes, uses: (known?.uses ?? 0) + 1 });
        } else if (known) {
          expect(taken(held, sample)).toEqual(known.bytes);
          if (--known.uses === 0) expected.delete(sample);
        }
        expect(held.count).toBe(expected.size);
        expect(held.sizeOf(sample)).toBe(expected.get(sample)?.bytes.length);
      }
    }),
  );
});

test('memory does not grow with the number of images that pass through', () => {
  const held = new HeldImages();
  for (let sample = 0; sample < 5000; sample++) {
    held.put(sample, bytesOf(sample, 1 + ((sample * 997) % 9000)));
    if (sample >= 500) taken(held, sample - 500);
  }
  // 500 images of 4,500 bytes on average, half a page more each, in slabs of 4 MiB
  expect(held.bytes).toBe(4 << 20);
  held.clear();
  expect([held.count, held.bytes]).toEqual([0, 0]);
});
