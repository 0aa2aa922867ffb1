/** Images as exchanged between parts. */

/** 8-bit RGB, row-major, no padding: `data[(y * width + x) * 3 + channel]`, values 0 to 255. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Pixel coordinates of the image the point was found in; the centre of the top-left pixel is (0, 0). */
export type Point = readonly [x: number, y: number];

/** `x`, `y` is the top-left corner; all four in pixels, possibly fractional, possibly outside the image. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
