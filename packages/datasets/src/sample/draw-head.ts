/** Draws everything behind and around the features: background, shoulders, hair, ears, the face and the light on it. */
import type { Point } from '@facewright/core';
import { css, hsv, mix, shade } from './colour.js';
import type { Conditions } from './conditions.js';
import { closedCurve, number as n, type HeadView } from './geometry.js';
import type { Person } from './person.js';

/** Gradients that soften edges without a filter; a filter would cost more than everything else. */
export function definitions(person: Person, { light, background }: Conditions): string {
  const { skin } = person;
  const centre = 0.5 + light.from * 0.22;
  const stops = (colours: readonly (readonly [number, string, number?])[]): string =>
    colours
      .map(
        ([offset, colour, opacity = 1]) =>
          `<stop offset="${offset}" stop-color="${colour}" stop-opacity="${n(opacity)}"/>`,
      )
      .join('');
  const far = light.contrast;
  const [left, right] = light.from < 0 ? [0, far * -light.from] : [far * light.from, 0];
  return `<defs>
<radialGradient id="skin" cx="${n(centre)}" cy=".4" r=".72">${stops([
    [0, css(shade(skin, 1.1))],
    [0.6, css(skin)],
    [0.85, css(shade(skin, 0.84))],
    [1, css(shade(skin, 0.62))],
  ])}</radialGradient>
<radialGradient id="dark">${stops([
    [0, css(shade(skin, 0.35))],
    [0.5, css(shade(skin, 0.35)), 0.55],
    [1, css(shade(skin, 0.35)), 0],
  ])}</radialGradient>
<radialGradient id="bright">${stops([
    [0, '#fff'],
    [1, '#fff', 0],
  ])}</radialGradient>
<radialGradient id="red">${stops([
    [0, 'rgb(205,70,60)'],
    [1, 'rgb(205,70,60)', 0],
  ])}</radialGradient>
<linearGradient id="side">${stops([
    [0, '#000', left],
    [0.5, '#000', far * 0.12],
    [1, '#000', right],
  ])}</linearGradient>
<linearGradient id="neck" x1="0" y1="0" x2="0" y2="1">${stops([
    [0, css(shade(skin, 0.5))],
    [0.55, css(shade(skin, 0.78))],
  ])}</linearGradient>
<linearGradient id="wall" gradientTransform="rotate(${n(background.angle)} .5 .5)">${stops([
    [0, css(background.colours[0])],
    [1, css(shade(background.colours[1], 0.6))],
  ])}</linearGradient>
</defs>`;
}

export function drawBackground({ width, height, background }: Conditions): string {
  const { kind, colours, angle, seed } = background;
  const random = seed.fork('shapes');
  const wall = `<rect width="${width}" height="${height}" fill="url(#wall)"/>`;
  if (kind === 'wall') return wall;
  if (kind === 'stripes') {
    const step = 12 + random.integer(40);
    const bars = Array.from(
      { length: Math.ceil((width * 3) / step) },
      (_, i) => `<rect x="${i * step - width}" y="${-height}" width="${n(step * 0.45)}" height="${height * 3}"/>`,
    );
    return `${wall}<g transform="rotate(${n(angle)} ${width / 2} ${height / 2})" fill="${css(colours[2])}" opacity=".35">${bars.join('')}</g>`;
  }
  const blobs = Array.from({ length: 7 }, () => {
    const [x, y, r] = [random.uniform() * width, random.uniform() * height, (0.08 + random.uniform() * 0.25) * width];
    return `<circle cx="${n(x)}" cy="${n(y)}" r="${n(r)}" fill="${css(mix(colours[random.integer(3)], hsv(random.uniform(), 0.4, 0.8), 0.4))}" opacity=".45"/>`;
  });
  return wall + blobs.join('');
}

/** Neck and shoulders below the head, which turn less than the head. */
export function drawShoulders(person: Person, conditions: Conditions, view: HeadView): string {
  const { width, chin } = person.face;
  const [x, y] = view.at(0, chin * 0.55, 0);
  const half = width * 0.56;
  const top = chin + 40;
  return `<path d="M${n(x - half)} ${n(y)}L${n(x + half)} ${n(y)}L${n(x + half * 1.1)} ${n(top + 40)}L${n(x - half * 1.1)} ${n(top + 40)}Z" fill="url(#neck)"/>
<path d="M${n(x - 190)} 340C${n(x - 170)} ${n(top + 24)} ${n(x - 80)} ${n(top + 22)} ${n(x - half * 1.1)} ${n(top - 8)}Q${n(x)} ${n(top + 42)} ${n(x + half * 1.1)} ${n(top - 8)}C${n(x + 80)} ${n(top + 22)} ${n(x + 170)} ${n(top + 24)} ${n(x + 190)} 340Z" fill="${css(conditions.clothing)}"/>`;
}

/** Length of the hair, measured from the middle of the head. */
const HAIR_REACH: Readonly<Partial<Record<Person['hair']['style'], number>>> = { long: 120, curly: 30 };
const SHORT_HAIR_REACH = 4;

/** Hair behind the head. */
export function drawHairBehind({ hair, face }: Person, view: HeadView, tousle: number): string {
  if (hair.style === 'bald') return '';
  const side = face.width + hair.volume * 0.8 + (hair.style === 'curly' ? 6 : 2);
  const down = HAIR_REACH[hair.style] ?? SHORT_HAIR_REACH;
  const top = -face.chin * 1.16 - hair.volume;
  const sway = tousle * 5;
  const points: [number, number][] = [
    [-side * 0.7, top * 0.78],
    [0, top],
    [side * 0.7, top * 0.78],
    [side, -30],
    [side * 0.98 + sway, down],
    [side * 0.62 + sway, down + 10],
    [-side * 0.62 + sway, down + 10],
    [-side * 0.98 + sway, down],
    [-side, -30],
  ];
  return `<path d="${closedCurve(points.map(([x, y]) => view.at(x, y, -14)))}" fill="${css(shade(hair.colour, 0.72))}"/>`;
}

export function drawEars({ face, eyes, skin }: Person, view: HeadView): string {
  return [-1, 1]
    .map((sign) => {
      const [x, y] = view.at(sign * face.width * 1.02, eyes.y + 22, -8);
      const [rx, ry] = [9 * face.ears, 17 * face.ears];
      return `<ellipse cx="${n(x)}" cy="${n(y)}" rx="${n(rx)}" ry="${n(ry)}" fill="${css(shade(skin, 0.86))}"/><ellipse cx="${n(x)}" cy="${n(y)}" rx="${n(rx * 0.5)}" ry="${n(ry * 0.6)}" fill="${css(shade(skin, 0.66))}"/>`;
    })
    .join('');
}

/** The outline of skull and jaw: the silhouette of a slightly turned head, with the chin in front. */
function outline({ width, chin, jaw, chinWidth }: Person['face'], view: HeadView): string {
  const half: [number, number, number][] = [
    [0.62, -1.02, 0],
    [0.95, -0.62, 0],
    [1, -0.12, 0],
    [0.97, 0.22, 4],
    [jaw, 0.62, 12],
    [chinWidth, 0.96, 30],
  ];
  const right = half.map(([x, y, z]) => view.at(x * width, y * chin, z));
  const left = half.map(([x, y, z]) => view.at(-x * width, y * chin, z)).reverse();
  return closedCurve([view.at(0, -1.16 * chin, 0), ...right, view.at(0, chin, 34), ...left]);
}

export function drawFaceShape(person: Person, view: HeadView): string {
  const { face, eyes } = person;
  const cheeks = [-1, 1].map(
    (sign) =>
      `<ellipse transform="${view.patch(sign * face.width * 0.58, 27)}" rx="19" ry="15" fill="url(#red)" opacity="${n(face.blush * 0.3)}"/>`,
  );
  const moles = person.moles.map(
    ({ x, y, r }) => `<circle transform="${view.patch(x, y)}" r="${n(r)}" fill="${css(shade(person.skin, 0.4))}"/>`,
  );
  const temples = [-1, 1].map(
    (sign) =>
      `<ellipse transform="${view.patch(sign * face.width * 0.86, eyes.y - 6)}" rx="14" ry="34" fill="url(#dark)" opacity=".25"/>`,
  );
  return `<path d="${outline(face, view)}" fill="url(#skin)"/>${temples.join('')}${cheeks.join('')}${moles.join('')}`;
}

/** The side away from the light, over everything on the face except hair. */
export const drawLight = (person: Person, view: HeadView): string =>
  `<path d="${outline(person.face, view)}" fill="url(#side)"/>`;

/** Hair over the forehead, between crown and hairline. */
export function drawHairFront({ hair, face, eyes }: Person, view: HeadView, tousle: number): string {
  if (hair.style === 'bald') return '';
  const lift = hair.volume * 0.5;
  const side = face.width * 1.03 + lift;
  const top = -face.chin * 1.16 - hair.volume;
  const brow = eyes.y - 18;
  const peak = hair.parting * face.width * 0.6 + tousle * 4;
  // highest at the parting, lower on both sides
  const lineAt = (x: number): number =>
    brow - hair.line + hair.fringe * Math.min(1, Math.abs(x - peak) / (face.width * 0.9)) + (x / face.width) ** 4 * 16;
  const front = [0.8, 0.5, 0.2, -0.1, -0.35, -0.6, -0.82].map((t): Point =>
    view.on(t * face.width, lineAt(t * face.width), 2),
  );
  const burn = eyes.y + (hair.style === 'short' ? 6 : 26);
  const crown: Point[] = [
    view.at(-side, burn, 0),
    view.at(-side * 1.01, -40, 0),
    view.at(-side * 0.7, top * 0.78, 0),
    view.at(0, top, 0),
    view.at(side * 0.7, top * 0.78, 0),
    view.at(side * 1.01, -40, 0),
    view.at(side, burn, 0),
  ];
  const inner = (sign: number): Point => view.at(sign * face.width * 0.93, brow + 6, 6);
  const shine = `<ellipse transform="${view.patch(peak * 0.4, top * 0.82)}" rx="34" ry="11" fill="url(#bright)" opacity=".16"/>`;
  const curls =
    hair.style === 'curly'
      ? crown
          .flatMap(([x, y], i) =>
            i > 0 && i < 6 ? [`<circle cx="${n(x)}" cy="${n(y)}" r="${n(17 + hair.volume * 0.5)}"/>`] : [],
          )
          .join('')
      : '';
  return `<g fill="${css(hair.colour)}"><path d="${closedCurve([...crown, inner(1), ...front, inner(-1)])}"/>${curls}</g>${shine}`;
}
