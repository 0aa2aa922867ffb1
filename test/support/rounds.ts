/**
 * How often a random campaign repeats: a few rounds in CI, many with `npm run test:long`, which sets `FACEWRIGHT_LONG`.
 * Both draw from the same seeds.
 */
export const rounds = (inCi: number, long: number): number => (process.env.FACEWRIGHT_LONG ? long : inCi);
