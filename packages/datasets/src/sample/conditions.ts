/** What varies between photos of the same drawn person: pose, expression, light, background and camera. */
import type { Random } from '@facewright/core';
import { hsv, type Rgb } from './colour.js';

export interface Conditions {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly pose: {
    /** In degrees: turned to the viewer's right, nodding down, leaning clockwise. */
    readonly yaw: number;
    readonly pitch: number;
    readonly roll: number;
    /** Pixels per head unit. */
    readonly scale: number;
    /** Centre of the face in pixels. */
    readonly x: number;
    readonly y: number;
  };
  readonly expression: {
    /** −0.4 (corners down) to 1 (broad). */
    readonly smile: number;
    /** Opening of the lips, 0 to 1. */
    readonly mouthOpen: number;
    /** Factor for the height of the eyes. */
    readonly eyesOpen: number;
    /** Rise of the brows in head units. */
    readonly browRaise: number;
    /** Gaze direction, −1 to 1 each way. */
    readonly gaze: readonly [number, number];
  };
  readonly light: {
    /** −1 from the left to 1 from the right. */
    readonly from: number;
    /** Darkness of the far side, 0 to 1. */
    readonly contrast: number;
    /** Gain of each channel over the whole photo. */
    readonly gain: Rgb;
    readonly gamma: number;
  };
  readonly background: {
    readonly kind: 'wall' | 'blobs' | 'stripes';
    readonly colours: readonly [Rgb, Rgb, Rgb];
    readonly angle: number;
    readonly seed: Random;
  };
  readonly clothing: Rgb;
  /** Whether someone who owns glasses is wearing them, and how far the hair has moved, −1 to 1. */
  readonly wearsGlasses: boolean;
  readonly tousle: number;
  readonly camera: {
    /** Standard deviation of the noise, in grey levels. */
    readonly noise: number;
    /** Standard deviation of the blur, in pixels. */
    readonly blur: number;
    readonly quality: number;
  };
}

/** The conditions of one photo, drawn from its own random stream. */
export function drawConditions(random: Random): Conditions {
  const between = (low: number, high: number): number => low + (high - low) * random.uniform();
  /** Mostly near the middle, never out of range. */
  const around = (middle: number, spread: number): number =>
    middle + spread * (random.uniform() + random.uniform() - 1);

  const width = 200 + random.integer(61);
  const height = Math.round(width * between(1, 1.15));
  const scale = (width / 260) * between(0.82, 1.12);
  const exposure = between(0.82, 1.14);
  const warmth = around(0, 0.08);
  const hue = random.uniform();
  return {
    width,
    height,
    pose: {
      yaw: around(0, 24),
      pitch: around(0, 12),
      roll: around(0, 16),
      scale,
      x: width / 2 + around(0, 14),
      y: height * 0.5 + around(0, 12),
    },
    expression: {
      smile: between(-0.35, 1),
      mouthOpen: Math.max(0, between(-0.6, 0.8)),
      eyesOpen: between(0.8, 1.1),
      browRaise: around(0, 3.5),
      gaze: [around(0, 0.8), around(0, 0.4)],
    },
    light: {
      from: between(-1, 1),
      contrast: between(0.05, 0.42),
      gain: [exposure * (1 + warmth), exposure, exposure * (1 - warmth)],
      gamma: between(0.88, 1.15),
    },
    background: {
      kind: (['wall', 'blobs', 'stripes'] as const)[random.integer(3)],
      colours: [0, 1, 2].map((i) =>
        hsv((hue + i * between(0.03, 0.2)) % 1, between(0.05, 0.55), between(0.25, 0.9)),
      ) as unknown as [Rgb, Rgb, Rgb],
      angle: between(0, 180),
      seed: random.fork('background'),
    },
    clothing: hsv(random.uniform(), between(0.1, 0.8), between(0.15, 0.85)),
    wearsGlasses: random.uniform() < 0.85,
    tousle: around(0, 1),
    camera: { noise: between(0.5, 4), blur: between(0.35, 0.9), quality: 78 + random.integer(18) },
  };
}
