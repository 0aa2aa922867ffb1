/** Watches for a stage that learns nothing. */

/** If the loss falls by this share, the stage is learning, however low the accuracy. */
const LEAST_FALL = 0.03;
const WINDOW = 100;

/** Given each step's loss and accuracy, returns a message at most once. */
export type ChanceWatch = (loss: number, accuracy: number) => string | undefined;

/**
 * Warns once about a stage that learns nothing: after `after` steps, accuracy over the last steps is no better than guessing (within three standard
 * deviations), and the loss has hardly fallen. With many people an accuracy near 0 alone means little: softmax over 68,000 starts there.
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
    return `Nothing learned so far: after ${after} steps the accuracy is ${((100 * hits) / images).toFixed(2)} % (guessing gives ${(100 / identities).toFixed(2)} %), and the loss went from ${began.toFixed(3)} to ${now.toFixed(3)}.`;
  };
}

export const CHANCE_TODO =
  'Check that each folder holds one person and that aligned faces are upright with their eyes in the same place. Try a learning rate ten times lower or higher. A margin loss trained from scratch may need a softmax stage first.';
