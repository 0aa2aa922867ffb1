/** Draws eyes, brows, nose, mouth, beard and glasses on the head, and returns the five landmarks. */
import { landmarksFrom, type Landmarks, type Point } from '@facewright/core';
import { css, mix, shade, type Rgb } from './colour.js';
import type { Conditions } from './conditions.js';
import { closedCurve, number as n, type HeadView } from './geometry.js';
import type { Person } from './person.js';

type Expression = Conditions['expression'];
const SIDES = [-1, 1] as const;
const NOSE_LIFT = 15;

/** The positions of the eyes, nose tip and mouth corners, in pixels of the photo. */
export function placeLandmarks(person: Person, expression: Expression, view: HeadView): Landmarks {
  const { eyes, nose } = person;
  const points = [
    view.on(-eyes.apart, eyes.y),
    view.on(eyes.apart, eyes.y),
    view.on(0, nose.y, NOSE_LIFT),
    ...SIDES.map((sign) => corner(person.mouth, expression, view, sign)),
  ];
  return landmarksFrom(points.map((point) => view.pixel(point)));
}

export function drawFeatures(person: Person, conditions: Conditions, view: HeadView): string {
  const { expression } = conditions;
  return [
    drawBeard(person, view),
    ...SIDES.map((sign) => drawEye(person, expression, view, sign)),
    ...SIDES.map((sign) => drawBrow(person, expression, view, sign)),
    drawNose(person, conditions, view),
    drawMouth(person, expression, view),
    person.glasses && conditions.wearsGlasses ? drawGlasses(person, person.glasses, view) : '',
  ].join('');
}

const soft = (
  transform: string,
  x: number,
  y: number,
  rx: number,
  ry: number,
  opacity: number,
  fill = 'dark',
): string =>
  `<ellipse transform="${transform}" cx="${n(x)}" cy="${n(y)}" rx="${n(rx)}" ry="${n(ry)}" fill="url(#${fill})" opacity="${n(opacity)}"/>`;

function drawEye({ eyes, skin }: Person, { eyesOpen, gaze }: Expression, view: HeadView, sign: number): string {
  const place = view.patch(sign * eyes.apart, eyes.y);
  const w = eyes.width;
  const h = w * eyes.open * eyesOpen;
  const iris = w * 0.47;
  const [x, y] = [gaze[0] * w * 0.22, gaze[1] * h * 0.2];
  const almond = `M${n(-w)} 0Q${n(-w * 0.1)} ${n(-h * 1.75)} ${n(w)} 0Q0 ${n(h * 1.25)} ${n(-w)} 0Z`;
  const clip = `eye${sign < 0 ? 'L' : 'R'}`;
  const lash = css(mix(shade(skin, 0.2), [16, 10, 8], 0.6));
  return `${soft(place, 0, -h * 0.4, w * 1.75, w * 1.35, 0.25 + eyes.socket * 0.6)}
<g transform="${place} rotate(${n(-sign * eyes.tilt)})"><clipPath id="${clip}"><path d="${almond}"/></clipPath>
<path d="M${n(-w * 1.05)} ${n(-h * 0.75)}Q${n(-w * 0.1)} ${n(-h * 2.15)} ${n(w * 1.05)} ${n(-h * 0.7)}" stroke="${css(shade(skin, 0.55))}" stroke-width="1.5" fill="none"/>
<path d="${almond}" fill="${css(mix([238, 234, 230], skin, 0.12))}"/>
<g clip-path="url(#${clip})"><circle cx="${n(x)}" cy="${n(y)}" r="${n(iris)}" fill="${css(eyes.iris)}" stroke="${css(shade(eyes.iris, 0.4))}" stroke-width="1"/><circle cx="${n(x)}" cy="${n(y)}" r="${n(iris * 0.5)}" fill="#080606"/>
<circle cx="${n(x + 1.8)}" cy="${n(y - 1.8)}" r="1.4" fill="#fff"/><ellipse cy="${n(-h * 1.15)}" rx="${n(w * 1.2)}" ry="${n(h * 0.62)}" fill="#000" opacity=".35"/></g>
<path d="M${n(-w)} 0Q${n(-w * 0.1)} ${n(-h * 1.75)} ${n(w)} 0" stroke="${lash}" stroke-width="2.5" fill="none" stroke-linecap="round"/>
<path d="M${n(-w)} 0Q0 ${n(h * 1.25)} ${n(w)} 0" stroke="${css(shade(skin, 0.42))}" stroke-width="1.1" fill="none"/></g>`;
}

function drawBrow({ brows, eyes }: Person, { browRaise }: Expression, view: HeadView, sign: number): string {
  const { length, thick, arch } = brows;
  // drawn for the right side of the picture: thick towards the nose, thin towards the temple
  const shape = `M${n(-length)} ${n(thick * 0.5)}Q${n(length * 0.1)} ${n(-arch - thick)} ${n(length)} ${n(1 - arch * 0.2)}Q${n(length * 0.1)} ${n(-arch + thick * 0.25)} ${n(-length)} ${n(thick * 0.9)}Z`;
  const place = view.patch(sign * (eyes.apart + 1), eyes.y - brows.gap - browRaise);
  return `<path transform="${place} scale(${sign},1) rotate(${n(-brows.tilt)})" d="${shape}" fill="${css(brows.colour)}" stroke="${css(brows.colour)}" stroke-width="1.4" stroke-linejoin="round" opacity=".92"/>`;
}

function drawNose({ nose, eyes, skin }: Person, { light }: Conditions, view: HeadView): string {
  const w = nose.width;
  const tip = view.patch(0, nose.y, NOSE_LIFT);
  const base = view.patch(0, nose.y + 7, NOSE_LIFT * 0.6);
  const bridge = w * nose.bridge;
  const top = eyes.y - 4;
  const flank = (sign: number): string => {
    const points: Point[] = [
      view.on(sign * bridge * 0.8, top, 4),
      view.on(sign * bridge, (top + nose.y) / 2, 9),
      view.on(sign * w * 0.62, nose.y - 2, 9),
      view.on(sign * w * 1.2, nose.y + 8, 1),
      view.on(sign * (bridge + 8), (top + nose.y) / 2, 1),
      view.on(sign * (bridge + 5), top, 0),
    ];
    const away = sign * light.from < 0;
    return `<path d="${closedCurve(points)}" fill="${css(shade(skin, 0.5))}" opacity="${n(0.16 + (away ? light.contrast * 0.7 : 0))}"/>`;
  };
  const dark = css(shade(skin, 0.48));
  const nostrils = SIDES.map(
    (sign) =>
      `<ellipse transform="${base} rotate(${sign * 14})" cx="${n(sign * w * 0.45)}" cy="1.5" rx="${n(w * 0.25)}" ry="2.3" fill="${css(shade(skin, 0.2))}"/>`,
  );
  return `${SIDES.map(flank).join('')}${soft(base, 0, 4, w * 1.25, 7, 0.5)}
<path transform="${base}" d="M${n(-w)} -8C${n(-w * 1.25)} 1 ${n(-w * 0.95)} 5 ${n(-w * 0.55)} 3Q0 8 ${n(w * 0.55)} 3C${n(w * 0.95)} 5 ${n(w * 1.25)} 1 ${n(w)} -8" stroke="${dark}" stroke-width="2.1" fill="none" stroke-linecap="round"/>${nostrils.join('')}
${soft(tip, -light.from * -3, -2, w * 0.45, 6, 0.4, 'bright')}${soft(view.patch(0, (top + nose.y) / 2, 10), 0, 0, bridge * 0.7 + 1.5, 16, 0.24, 'bright')}`;
}

/** A mouth corner on the turned head: a smile moves it outwards and up. */
function corner({ width, y }: Person['mouth'], { smile }: Expression, view: HeadView, sign: number): Point {
  return view.on(sign * width * (1 + 0.13 * smile), y - smile * 4.5);
}

function drawMouth({ mouth, skin }: Person, expression: Expression, view: HeadView): string {
  const { width, y, upper, lower, colour } = mouth;
  const { smile, mouthOpen } = expression;
  const [left, right] = SIDES.map((sign) => corner(mouth, expression, view, sign));
  const gap = mouthOpen * 5;
  const point = (x: number, dy: number): Point => view.on(x * width, y + smile * 1.5 + dy, 2);
  const text = ([x, y]: Point): string => `${n(x)} ${n(y)}`;
  const curve = (...points: Point[]): string => `C${points.map(text).join(' ')}`;
  const toRight = (a: number, b: number): string =>
    curve(point(-0.45, a), point(-0.1, b), point(0, b)) + curve(point(0.1, b), point(0.45, a), right);
  const toLeft = (a: number, b: number): string =>
    curve(point(0.5, a), point(0.25, b), point(0, b)) + curve(point(-0.25, b), point(-0.5, a), left);
  const upperLip = `M${text(left)}${curve(point(-0.55, -upper * 0.9), point(-0.28, -upper * 1.25), point(-0.2, -upper * 1.1))}L${text(point(0, -upper * 0.8))}L${text(point(0.2, -upper * 1.1))}${curve(point(0.28, -upper * 1.25), point(0.55, -upper * 0.9), right)}${toLeft(-gap * 0.4, -gap * 0.4)}Z`;
  const lowerLip = `M${text(left)}${toRight(gap, gap)}${toLeft(lower + gap, lower + gap)}Z`;
  const inside = `M${text(left)}${toRight(-gap * 0.4, -gap * 0.4)}${toLeft(gap, gap)}Z`;
  const teeth =
    gap > 1.5
      ? `<path d="M${text(point(-0.55, -gap * 0.3))}L${text(point(0.55, -gap * 0.3))}L${text(point(0.42, gap * 0.35))}L${text(point(-0.42, gap * 0.35))}Z" fill="#e9e3da"/>`
      : '';
  const below = view.patch(0, y + lower + gap + 8);
  return `${soft(below, 0, 0, width * 0.62, 5, 0.5)}<path d="${inside}" fill="rgb(52,16,18)"/>${teeth}<path d="${upperLip}" fill="${css(shade(colour, 0.86))}"/><path d="${lowerLip}" fill="${css(colour)}"/>
<path d="M${text(left)}${toRight(gap * 0.3, 0)}" stroke="${css(mix(shade(colour, 0.35), [40, 10, 10], 0.4))}" stroke-width="1.7" fill="none" stroke-linecap="round"/>${soft(view.patch(0, y + gap + lower * 0.55, 2), 0, 0, width * 0.35, lower * 0.3, 0.22, 'bright')}
${SIDES.map((sign) => soft(view.patch(sign * width * 1.12, y - smile * 4), 0, 0, 5, 6, 0.35)).join('')}<path d="${crease(-1)}${crease(1)}" stroke="${css(shade(skin, 0.6))}" stroke-width="1.6" fill="none" opacity="${n(0.25 + Math.max(0, smile) * 0.35)}"/>`;

  /** The fold from the side of the nose to the mouth corner. */
  function crease(sign: number): string {
    return `M${text(view.on(sign * width * 0.95, y - 22))}Q${text(view.on(sign * width * 1.4, y - 14))} ${text(view.on(sign * width * 1.38, y - 2))}`;
  }
}

function drawBeard({ beard, mouth, nose, face, hair, skin }: Person, view: HeadView): string {
  if (beard.kind === 'none') return '';
  const colour: Rgb = mix(shade(hair.colour, 0.7), shade(skin, 0.5), 0.3);
  const opacity = beard.density * (beard.kind === 'stubble' ? 0.42 : 0.95);
  const moustacheTop = nose.y + 15;
  const moustache = closedCurve([
    view.on(-mouth.width * 1.15, mouth.y + 1),
    view.on(-mouth.width * 0.6, moustacheTop + 2),
    view.on(0, moustacheTop),
    view.on(mouth.width * 0.6, moustacheTop + 2),
    view.on(mouth.width * 1.15, mouth.y + 1),
    view.on(0, mouth.y - 1),
  ]);
  const { width, chin, jaw, chinWidth } = face;
  const outer: Point[] = [
    view.at(-width * 0.98, chin * 0.2, 4),
    view.at(-width * jaw, chin * 0.62, 12),
    view.at(-width * chinWidth, chin * 0.97, 30),
    view.at(0, chin * 1.03, 34),
    view.at(width * chinWidth, chin * 0.97, 30),
    view.at(width * jaw, chin * 0.62, 12),
    view.at(width * 0.98, chin * 0.2, 4),
  ];
  const inner: Point[] = [
    view.on(width * 0.8, mouth.y * 0.72),
    view.on(mouth.width * 1.55, mouth.y + 6),
    view.on(mouth.width * 0.6, mouth.y + mouth.lower + 9),
    view.on(-mouth.width * 0.6, mouth.y + mouth.lower + 9),
    view.on(-mouth.width * 1.55, mouth.y + 6),
    view.on(-width * 0.8, mouth.y * 0.72),
  ];
  const cheeks = beard.kind === 'moustache' ? '' : `<path d="${closedCurve([...outer, ...inner])}"/>`;
  return `<g fill="${css(colour)}" opacity="${n(opacity)}">${cheeks}<path d="${moustache}"/></g>`;
}

function drawGlasses(
  { eyes, face }: Person,
  { round, size, colour }: NonNullable<Person['glasses']>,
  view: HeadView,
): string {
  const half = 20 * size;
  const lens = SIDES.map((sign) => {
    const place = view.patch(sign * eyes.apart, eyes.y + 2, 10);
    const shape = round
      ? `<circle r="${n(half)}"/>`
      : `<rect x="${n(-half * 1.08)}" y="${n(-half * 0.72)}" width="${n(half * 2.16)}" height="${n(half * 1.5)}" rx="6"/>`;
    return `<g transform="${place}">${shape}</g>`;
  });
  const text = ([x, y]: Point): string => `${n(x)} ${n(y)}`;
  const inner = Math.max(3, eyes.apart - half);
  const arms = SIDES.map(
    (sign) =>
      `<path d="M${text(view.on(sign * (eyes.apart + half), eyes.y - 3, 8))}L${text(view.at(sign * face.width * 1.02, eyes.y - 4, -4))}"/>`,
  );
  return `<g stroke="${css(colour)}" stroke-width="2.6" fill="#fff" fill-opacity=".07">${lens.join('')}<path d="M${text(view.on(-inner, eyes.y, 10))}Q${text(view.on(0, eyes.y - 5, 10))} ${text(view.on(inner, eyes.y, 10))}" fill="none"/>${arms.join('')}</g>`;
}
