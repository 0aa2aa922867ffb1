/**
 * The map of people: one dot per image, one colour per person, with the name at the centre of their dots, or below the
 * map on a narrow page.
 */
import type { PeopleMap } from '@facewright/core';
import { html, type Html } from '../html.js';

/** Coordinate range; the map itself is as wide as the page. */
const SIZE = { width: 1000, height: 560 };
const MARGIN = { x: 60, y: 36 };
/** Half the width of a character. */
const LETTER = 4;
/** Colours of the style sheet, from `hue0` on. Neighbours in the list are far apart. */
export const HUES = 12;
const hueOf = (index: number): string => `hue${(index * 5) % HUES}`;

export function peopleMap({ method, people }: PeopleMap): Html {
  const points = people.flatMap((person) => person.points);
  const scaleX = scale(
    points.map(([x]) => x),
    MARGIN.x,
    SIZE.width - MARGIN.x,
  );
  const scaleY = scale(
    points.map(([, y]) => y),
    SIZE.height - MARGIN.y,
    MARGIN.y,
  );
  const shown = people.map(({ identity, points: own }, index) => {
    const places = own.map(([x, y]) => [scaleX(x), scaleY(y)] as const);
    return {
      identity,
      places,
      hue: hueOf(index),
      at: [inside(median(places.map(([x]) => x)), short(identity)), Math.min(...places.map(([, y]) => y)) - 9] as [
        number,
        number,
      ],
    };
  });
  spread(shown.map(({ at }) => at));
  return html`<div class="card"><figure><figcaption>Map of people</figcaption>
<svg class="map" role="img" aria-labelledby="map-t map-d"><title id="map-t">Map of people</title><desc id="map-d">Embeddings of ${people.length} people projected onto a plane, one dot per image. ${method}.</desc>
${shown.map(({ identity, places, hue }) => html`<g class="${hue}">${places.map(([x, y]) => html`<circle cx="${across(x)}" cy="${down(y)}" r="4.5"><title>${identity}</title></circle>`)}</g>`)}
${shown.map(({ identity, hue, at: [x, y] }) => html`<text class="${hue}" x="${across(x)}" y="${down(y)}" text-anchor="middle">${short(identity)}</text>`)}
</svg><ul class="names">${shown.map(({ identity, hue }) => html`<li class="${hue}">${identity}</li>`)}</ul></figure><p class="small muted">Each dot is an image, each colour a person. Nearby dots have similar embeddings; distances between far groups mean nothing. A dot among another person's is a photo worth checking. ${method}.</p></div>`;
}

const across = (x: number): string => `${((100 * x) / SIZE.width).toFixed(2)}%`;
const down = (y: number): string => `${((100 * y) / SIZE.height).toFixed(2)}%`;

function scale(values: readonly number[], from: number, to: number): (value: number) => number {
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  return (value) => from + ((value - low) / span) * (to - from);
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const short = (name: string): string => (name.length > 24 ? `${name.slice(0, 23)}…` : name);

/** Clamped so far from the edges that a name around it is not cut. */
const inside = (x: number, name: string): number =>
  Math.min(Math.max(x, name.length * LETTER), SIZE.width - name.length * LETTER);

/** Moves overlapping names apart vertically. */
function spread(places: [number, number][]): void {
  const LINE = 15;
  const order = [...places].sort(([, a], [, b]) => a - b);
  order.forEach((place, index) => {
    for (const above of order.slice(0, index)) {
      if (Math.abs(above[0] - place[0]) < 110 && place[1] - above[1] < LINE) place[1] = above[1] + LINE;
    }
  });
}
