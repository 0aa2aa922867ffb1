import { createRandom } from '@facewright/core';
import { expect, test } from 'vitest';
import { mapPeople } from './people-map.js';

/** `people` directions in 16 dimensions, each with `images` vectors of length 1 around it. */
function embeddings(people: number, images: number, noise: number) {
  return Array.from({ length: people * images }, (_, i) => {
    const person = i % people;
    const random = createRandom(`${i}`);
    const raw = Array.from({ length: 16 }, (_, d) => (d === person ? 1 : 0) + noise * random.normal());
    const length = Math.hypot(...raw);
    return { identity: `p${person}`, vector: Float32Array.from(raw, (value) => value / length) };
  });
}

test("a point's nearest neighbour on the map is the same person, and the same seed gives the same map", () => {
  const map = mapPeople(embeddings(6, 10, 0.05), createRandom(1))!;
  expect(map.people.map(({ points }) => points.length)).toEqual(Array(6).fill(10));
  const points = map.people.flatMap(({ identity, points: own }) => own.map(([x, y]) => ({ identity, x, y })));
  for (const point of points) {
    const [nearest] = points
      .filter((other) => other !== point)
      .sort((a, b) => Math.hypot(a.x - point.x, a.y - point.y) - Math.hypot(b.x - point.x, b.y - point.y));
    expect(nearest.identity).toBe(point.identity);
  }
  expect(mapPeople(embeddings(6, 10, 0.05), createRandom(1))).toEqual(map);
});

test('the people with most images are shown, and there is no map for too little data', () => {
  const map = mapPeople([...embeddings(14, 3, 0.1), ...embeddings(2, 40, 0.1)], createRandom(1))!;
  expect(map.people).toHaveLength(12);
  expect(map.people.slice(0, 2).map(({ points }) => points.length)).toEqual([30, 30]);
  expect(mapPeople(embeddings(2, 20, 0.1), createRandom(1))).toBeUndefined();
  expect(mapPeople(embeddings(20, 1, 0.1), createRandom(1))).toBeUndefined();
});
