/** Networks that several presets share. */

/** A quarter-width MobileFaceNet with five bottlenecks at 64×64: about 1 % of the full network's work. */
export const QUARTER_WIDTH_64 = {
  name: 'mobilefacenet',
  inputSize: 64,
  width: 0.25,
  bottlenecks: [
    [2, 64, 2, 2],
    [4, 128, 1, 2],
    [2, 128, 2, 1],
  ],
};
