/** Times several candidates in turn, so that whatever else the machine does meets all of them, and shows the figures side by side. */

export interface Candidate {
  readonly name: string;
  /** One call of what is timed. */
  run(): unknown;
  dispose?(): unknown;
}

export interface BenchmarkOptions {
  /** Rounds; in each, every candidate has its turn. Default 10. */
  readonly rounds?: number;
  /** The least time of a turn, in milliseconds: short calls are repeated. Default 50. */
  readonly turn?: number;
}

export interface Figures {
  readonly name: string;
  /** Median over the rounds, in milliseconds a call. */
  readonly milliseconds: number;
  /** The fastest and the slowest round, in milliseconds a call. */
  readonly range: readonly [number, number];
  /** How many times as long as the first candidate: the median of the rounds' ratios. */
  readonly ratio: number;
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

/** The figures of each candidate, in the order given. Throws where there is none. Each is called once before the first round, to warm up. */
export async function measure(
  candidates: readonly Candidate[],
  { rounds = 10, turn = 50 }: BenchmarkOptions = {},
): Promise<Figures[]> {
  if (!candidates.length) throw new RangeError('there is nothing to measure');
  const times = candidates.map((): number[] => []);
  try {
    for (const { run } of candidates) await run();
    for (let round = 0; round < rounds; round++)
      for (const [index, { run }] of candidates.entries()) times[index].push(await timeOf(run, turn));
  } finally {
    for (const { dispose } of candidates) await dispose?.();
  }
  return candidates.map(({ name }, index) => ({
    name,
    milliseconds: median(times[index]),
    range: [Math.min(...times[index]), Math.max(...times[index])],
    ratio: median(times[index].map((time, round) => time / times[0][round])),
  }));
}

/** Milliseconds a call, over as many calls as fill the turn. */
async function timeOf(run: Candidate['run'], turn: number): Promise<number> {
  const start = performance.now();
  let calls = 0;
  do {
    await run();
    calls++;
  } while (performance.now() - start < turn);
  return (performance.now() - start) / calls;
}

/** Three digits, or all before the point. */
const figure = (milliseconds: number): string =>
  milliseconds < 100 ? milliseconds.toPrecision(3) : milliseconds.toFixed(0);

/** The figures as a table, for the terminal or a README. `what` says what a call is. */
export function formatFigures(figures: readonly Figures[], what: string): string {
  const rows = figures.map(({ name, milliseconds, range: [low, high], ratio }) => [
    name,
    figure(milliseconds),
    `${figure(low)} to ${figure(high)}`,
    ratio.toFixed(2),
  ]);
  const table = [['plugin', `ms ${what}`, 'range', 'times the first'], ...rows];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [
    line(table[0]),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...table.slice(1).map(line),
  ].join('\n');
}
