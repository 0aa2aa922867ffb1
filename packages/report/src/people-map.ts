/**
 * A map of people: embeddings projected onto a plane by UMAP (McInnes, Healy, Melville: arXiv 1802.03426; umap-js), so
 * that similar ones stay close. The axes, and distances between far groups, mean nothing. A compact cluster is a person
 * the model recognises; a point in another person's cluster is a photo worth checking.
 */
import { UMAP } from 'umap-js';
import { permutation, type PeopleMap, type Random } from '@facewright/core';

const PEOPLE = 12;
const IMAGES = 30;
/** With fewer points or people there is no map. */
const FEWEST = { people: 3, points: 12 };
const NEIGHBOURS = 12;
const EPOCHS = 400;

/**
 * `vectors` have length 1. Shows the people with most images, up to 30 randomly selected images each; `undefined` if
 * there is too little to show.
 */
export function mapPeople(
  vectors: readonly { readonly identity: string; readonly vector: Float32Array }[],
  random: Random,
): PeopleMap | undefined {
  const own = new Map<string, Float32Array[]>();
  for (const { identity, vector } of vectors) {
    const list = own.get(identity);
    if (list) list.push(vector);
    else own.set(identity, [vector]);
  }
  const people = [...own]
    .filter(([, list]) => list.length > 1)
    .sort(([, a], [, b]) => b.length - a.length)
    .slice(0, PEOPLE)
    .map(([identity, list], index) => ({
      identity,
      vectors: Array.from(permutation(list.length, random.fork('images', index), IMAGES), (i) => Array.from(list[i])),
    }));
  const all = people.flatMap((person) => person.vectors);
  if (people.length < FEWEST.people || all.length < FEWEST.points) return undefined;
  const draw = random.fork('umap');
  const umap = new UMAP({
    nComponents: 2,
    nNeighbors: Math.min(NEIGHBOURS, all.length - 1),
    minDist: 1,
    spread: 2,
    nEpochs: EPOCHS,
    random: () => draw.uniform(),
    distanceFn: cosineDistance,
  });
  const places = umap.fit(all);
  let next = 0;
  return {
    method: `UMAP of ${all.length} embeddings by cosine distance, ${Math.min(NEIGHBOURS, all.length - 1)} neighbours`,
    people: people.map(({ identity, vectors: mine }) => ({
      identity,
      points: mine.map(() => rounded(places[next++])),
    })),
  };
}

const cosineDistance = (a: number[], b: number[]): number =>
  Math.max(0, 1 - a.reduce((sum, value, index) => sum + value * b[index], 0));
const rounded = ([x, y]: number[]): [number, number] => [Number(x.toFixed(3)), Number(y.toFixed(3))];
