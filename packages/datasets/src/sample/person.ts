/**
 * What stays the same in every photo of a drawn person. Lengths are in head units: the face is about 140 wide, the
 * origin is its centre between eyes and mouth, and y points down.
 */
import type { Random } from '@facewright/core';
import { along, mix, shade, type Rgb } from './colour.js';

export interface Person {
  readonly skin: Rgb;
  readonly hair: {
    readonly colour: Rgb;
    readonly style: 'bald' | 'short' | 'long' | 'curly';
    /** Distance from the skull. */
    readonly volume: number;
    /** Height of the hairline above the brows. */
    readonly line: number;
    /** Position of the hairline's peak, −1 left to 1 right. */
    readonly parting: number;
    /** How far the fringe hangs below the hairline on either side of the parting. */
    readonly fringe: number;
  };
  readonly face: {
    /** Half the width at the cheekbones. */
    readonly width: number;
    /** From the centre to the chin. */
    readonly chin: number;
    /** Width at the corners of the jaw, relative to the cheekbones. */
    readonly jaw: number;
    /** Width of the chin, relative to the cheekbones. */
    readonly chinWidth: number;
    readonly ears: number;
    /** Redness of the cheeks, 0 to 1. */
    readonly blush: number;
  };
  readonly eyes: {
    /** Half the distance between the pupils. */
    readonly apart: number;
    readonly y: number;
    readonly width: number;
    /** Height divided by width. */
    readonly open: number;
    /** In degrees; positive if the outer corner is higher. */
    readonly tilt: number;
    readonly iris: Rgb;
    /** Darkness of the eye sockets, 0 to 1. */
    readonly socket: number;
  };
  readonly brows: {
    readonly thick: number;
    readonly length: number;
    readonly arch: number;
    readonly tilt: number;
    readonly gap: number;
    readonly colour: Rgb;
  };
  readonly nose: { readonly y: number; readonly width: number; readonly bridge: number };
  readonly mouth: {
    readonly y: number;
    readonly width: number;
    readonly upper: number;
    readonly lower: number;
    readonly colour: Rgb;
  };
  readonly beard: { readonly kind: 'none' | 'stubble' | 'moustache' | 'full'; readonly density: number };
  readonly glasses?: { readonly round: boolean; readonly size: number; readonly colour: Rgb };
  /** Dark spots on the skin. */
  readonly moles: readonly { readonly x: number; readonly y: number; readonly r: number }[];
}

const SKIN: readonly Rgb[] = [
  [244, 210, 186],
  [234, 190, 158],
  [218, 168, 130],
  [184, 128, 92],
  [140, 92, 64],
  [98, 64, 46],
];
const HAIR: readonly Rgb[] = [
  [24, 19, 18],
  [52, 34, 24],
  [92, 60, 36],
  [140, 72, 36],
  [196, 160, 98],
  [224, 200, 150],
  [146, 144, 146],
];
const IRIS: readonly Rgb[] = [
  [52, 34, 22],
  [92, 58, 30],
  [96, 104, 56],
  [72, 110, 130],
  [110, 140, 168],
];

/** A person drawn from their own random stream: the same stream gives the same person. */
export function drawPerson(random: Random): Person {
  const between = (low: number, high: number): number => low + (high - low) * random.uniform();
  const chance = (probability: number): boolean => random.uniform() < probability;

  const tone = random.uniform();
  const skin = shade(along(SKIN, tone), [between(0.97, 1.03), between(0.95, 1.02), between(0.9, 1.04)]);
  // dark skin with fair hair is rare, and confuses detectors trained on photos
  const hairColour = along(HAIR, Math.pow(random.uniform(), 0.8 + tone * 2.2));
  const bearded = chance(0.4);
  const beard = (['none', 'stubble', 'moustache', 'full'] as const)[bearded ? 1 + random.integer(3) : 0];
  const style = chance(0.08)
    ? 'bald'
    : (['short', 'short', 'long', 'curly'] as const)[bearded ? random.integer(2) : random.integer(4)];
  const glasses = chance(0.18)
    ? {
        round: chance(0.5),
        size: between(0.9, 1.15),
        colour: along(
          [
            [24, 22, 24],
            [92, 52, 30],
            [150, 40, 40],
            [120, 120, 128],
          ],
          random.uniform(),
        ),
      }
    : undefined;
  return {
    skin,
    hair: {
      colour: hairColour,
      style,
      volume: between(4, 16),
      line: between(26, 50),
      parting: between(-0.7, 0.7),
      fringe: between(0, 22),
    },
    face: {
      width: between(61, 75),
      chin: between(86, 102),
      jaw: between(0.68, 0.92),
      chinWidth: between(0.24, 0.46),
      ears: between(0.8, 1.25),
      blush: between(0, 0.8),
    },
    eyes: {
      apart: between(26.5, 33.5),
      y: between(-20, -13),
      width: between(10.5, 14.5),
      open: between(0.42, 0.68),
      tilt: between(-6, 9),
      iris: along(IRIS, Math.pow(random.uniform(), 0.6 + tone * 2)),
      socket: between(0.1, 0.6),
    },
    brows: {
      thick: between(3, 8),
      length: between(14, 20),
      arch: between(1, 7),
      tilt: between(-9, 9),
      gap: between(14, 21),
      colour: mix(shade(hairColour, 0.6), [30, 22, 18], 0.4),
    },
    nose: { y: between(15, 26), width: between(10, 17.5), bridge: between(0.25, 0.6) },
    mouth: {
      y: between(46, 57),
      width: between(19, 29),
      upper: between(3, 7.5),
      lower: between(4.5, 10),
      colour: mix(shade(skin, [0.82, 0.56, 0.56]), [176, 50, 62], between(0, 0.5)),
    },
    beard: { kind: beard, density: between(0.55, 0.95) },
    ...(glasses && { glasses }),
    moles: Array.from({ length: random.integer(3) }, () => ({
      x: between(-50, 50),
      y: between(5, 70),
      r: between(1.4, 2.6),
    })),
  };
}
