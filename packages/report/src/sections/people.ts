/** The map of people: a dot an image, a colour a person, the name at the middle of their dots. */
import type { PeopleMap } from '@facewright/core';
import { html, type Html } from '../html.js';

const SIZE = { width: 1000, height: 560 };
const MARGIN = { x: 60, y: 36 };
/** Half the width of a letter. */
const LETTER = 4;
/** Hues far from each other in turn, so that neighbours in the list differ. */
const hueOf = (index: number, count: number): number => Math.round(((index * 5) % count) * (360 / count) + 15) % 360;

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
  const count = people.length + (people.length % 5 === 0 ? 1 : 0);
  const shown = people.map(({ identity, points: own }, index) => {
    const places = own.map(([x, y]) => [scaleX(x), scaleY(y)] as const);
    return {
      identity,
      places,
      hue: hueOf(index, count),
      at: [inside(median(places.map(([x]) => x)), short(identity)), Math.min(...places.map(([, y]) => y)) - 9] as [
        number,
        number,
      ],
    };
  });
  spread(shown.map(({ at }) => at));
  return html`<div class="card"><figure><figcaption>Map of people</figcaption>
<svg class="map" viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-labelledby="map-t map-d"><title id="map-t">Map of people</title><desc id="map-d">Embeddings of ${people.length} people on a plane, a dot an image. ${method}.</desc>
${shown.map(({ identity, places, hue }) => html`<g style="--hue:${hue}">${places.map(([x, y]) => html`<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="4.5"><title>${identity}</title></circle>`)}</g>`)}
${shown.map(({ identity, hue, at: [x, y] }) => html`<text style="--hue:${hue}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="middle">${short(identity)}</text>`)}
</svg></figure><p class="small muted">A dot is an image, a colour a person. Near dots have like embeddings; the distance between far groups means nothing. A dot among another person's is a photo worth a look. ${method}.</p></div>`;
}

function scale(values: readonly number[], from: number, to: number): (value: number) => number {
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  return (value) => from + ((value - low) / span) * (to - from);
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const short = (name: string): string => (name.length > 24 ? `${name.slice(0, 23)}…` : name);

/** So far from the edges that a name around it is whole. */
const inside = (x: number, name: string): number =>
  Math.min(Math.max(x, name.length * LETTER), SIZE.width - name.length * LETTER);

/** Moves names that lie over each other apart, up and down. */
function spread(places: [number, number][]): void {
  const LINE = 15;
  const order = [...places].sort(([, a], [, b]) => a - b);
  order.forEach((place, index) => {
    for (const above of order.slice(0, index)) {
      if (Math.abs(above[0] - place[0]) < 110 && place[1] - above[1] < LINE) place[1] = above[1] + LINE;
    }
  });
}
