/** Watches for a stage that learns nothing. */

/** The loss must have fallen by this share of where it began for a low accuracy to be called slow instead of none. */
const LEAST_FALL = 0.03;
const WINDOW = 100;

/** Given each step's loss and accuracy, returns a message at most once. */
export type ChanceWatch = (loss: number, accuracy: number) => string | undefined;

/**
 * Tells once a stage that learns nothing: after `after` steps, the hits of the last steps are no more than drawing labels by lot would give
 * (three standard deviations), and the loss is about where it was. With many people an accuracy near 0 alone is no sign: softmax among 68,000
 * begins there.
 */
export function createChanceWatch({
  identities,
  batch,
  after,
}: {
  identities: number;
  batch: number;
  after: number;
}): ChanceWatch {
  const window = Math.min(WINDOW, Math.floor(after / 2));
  const first: number[] = [];
  let last: { loss: number; accuracy: number }[] = [];
  let steps = 0;
  return (loss, accuracy) => {
    steps++;
    if (steps <= window) first.push(loss);
    if (steps > after) return undefined;
    last = [...last, { loss, accuracy }].slice(-window);
    if (steps < after) return undefined;
    const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const images = window * batch;
    const hits = meanOf(last.map((step) => step.accuracy)) * images;
    const expected = images / identities;
    const [began, now] = [meanOf(first), meanOf(last.map((step) => step.loss))];
    if (hits > expected + 3 * Math.sqrt(expected + 1) || now < began * (1 - LEAST_FALL)) return undefined;
    return `Nothing is learnt yet: after ${after} steps the accuracy is ${((100 * hits) / images).toFixed(2)} %, where drawing lots gives ${(100 / identities).toFixed(2)} %, and the loss went from ${began.toFixed(3)} to ${now.toFixed(3)}.`;
  };
}

export const CHANCE_TODO =
  'Check that each folder holds one person, look at some aligned faces (all upright, eyes in one place), and try a rate ten times lower or higher; a margin loss from scratch may need a softmax stage before it.';
