/** Runs that differ only in their seed share a recipe. Recipes are compared on the seeds that both were run with. */
import { BESIDE_THE_RECIPE, type RunEvent } from '@facewright/core';
import type { History } from './history.js';

export interface NamedRun {
  readonly name: string;
  readonly history: History;
}

export interface Recipe {
  /** The directory of its run, or the common part of its runs' directories. */
  readonly name: string;
  /** `softmax → arcface` */
  readonly losses: string;
  /**
   * Its losses if not all recipes share them, and config values that others with the same losses do not have, such as
   * `stages.1.m 0.5`. Of differences to recipes with other losses: `batch 64`, and for parts `different: model, tiers`.
   */
  readonly differs: readonly string[];
  readonly runs: readonly NamedRun[];
  /** Steps of each run, if they are all equal. */
  readonly steps?: number;
  /** Accuracy on unseen people, over the runs that were verified. */
  readonly accuracy?: Spread;
}

export interface Spread {
  readonly values: readonly { readonly seed: number; readonly value: number }[];
  readonly mean: number;
  /** Sample standard deviation over the runs (divisor n − 1); undefined for a single run. */
  readonly deviation?: number;
}

/**
 * The first recipe against the second, paired by seed, so that the held-out people and the order of the images are the
 * same.
 */
export interface Contest {
  readonly differences: readonly { readonly seed: number; readonly value: number }[];
  readonly mean: number;
  /** 95 % Student's t interval over the seeds; undefined for fewer than two. */
  readonly interval?: readonly [number, number];
}

/** The seed differs in each run of a recipe, and loggers only listen. */
const NOT_OF_THE_RECIPE: readonly string[] = [...BESIDE_THE_RECIPE, 'seed', 'loggers'];

/**
 * Sorted by mean accuracy, best first. Recipes that were never verified come last; runs that trained nothing are left
 * out.
 */
export function recipesOf(runs: readonly NamedRun[]): Recipe[] {
  const groups = new Map<string, { readonly config: ReadonlyMap<string, string>; readonly runs: NamedRun[] }>();
  for (const run of runs) {
    if (!run.history.training) continue;
    const config = new Map(flat(recipeConfig(run.history.started)));
    const key = JSON.stringify([...config].sort());
    const group = groups.get(key) ?? { config, runs: [] };
    groups.set(key, group);
    group.runs.push(run);
  }
  const all = [...groups.values()];
  const names = namesOf(all.map((group) => group.runs.map(({ name }) => name)));
  return all
    .map(({ config, runs }, index): Recipe => {
      const losses = lossesOf(runs[0]);
      const alike = all.filter((other) => lossesOf(other.runs[0]) === losses);
      const differing = (others: typeof all): [string, string][] =>
        [...config].filter(([path, value]) => others.some((other) => other.config.get(path) !== value));
      const own = differing(alike).map(([path, value]) => `${path} ${value}`);
      const beside = summary(differing(all.filter((other) => !alike.includes(other))));
      const steps = new Set(runs.map(({ history }) => history.steps.at(-1)?.step));
      return {
        name: names[index],
        losses,
        differs: [...(alike.length < all.length ? [losses] : []), ...new Set([...own, ...beside])],
        runs,
        ...(steps.size === 1 && { steps: [...steps][0] }),
        accuracy: spread(runs),
      };
    })
    .sort((a, b) => (b.accuracy?.mean ?? -1) - (a.accuracy?.mean ?? -1));
}

/** Differences to recipes with other losses: the stages differ anyway, and of the other parts the names are enough. */
function summary(differing: readonly (readonly [path: string, value: string])[]): string[] {
  const plain = differing.filter(([path]) => !path.includes('.')).map(([path, value]) => `${path} ${value}`);
  const parts = new Set(differing.flatMap(([path]) => (path.includes('.') ? [path.slice(0, path.indexOf('.'))] : [])));
  parts.delete('stages');
  return [...plain, ...(parts.size ? [`different: ${[...parts].join(', ')}`] : [])];
}

/**
 * A name for each group of runs: the common part of its directories, such as `softmax` for `softmax-1` and `softmax-2`,
 * or else all of them.
 */
function namesOf(groups: readonly (readonly string[])[]): string[] {
  const shared = groups.map((names) => (names.length === 1 ? names[0] : commonStart(names)));
  return shared.map((name, index) =>
    name !== '' && shared.indexOf(name) === shared.lastIndexOf(name) ? name : groups[index].join(', '),
  );
}

/** The common prefix, without the seed at its end: `runs/softmax` for `runs/softmax-seed1` and `runs/softmax-seed2`. */
function commonStart([first, ...others]: readonly string[]): string {
  let length = 0;
  while (length < first.length && others.every((name) => name[length] === first[length])) length++;
  return first
    .slice(0, length)
    .replace(/\d+$/, '') // seeds 10 and 11 share a digit
    .replace(/([-_. /\\]|seed)+$/i, '');
}

/** `undefined` if no seed was run with both. */
export function contestOf(first: Recipe, second: Recipe): Contest | undefined {
  // a seed that was run twice counts once
  const bySeed = ({ accuracy }: Recipe): Map<number, number> =>
    new Map(
      (accuracy?.values ?? []).map(({ seed }, _, all) => [
        seed,
        mean(all.filter((other) => other.seed === seed).map(({ value }) => value)),
      ]),
    );
  const others = bySeed(second);
  const differences = [...bySeed(first)]
    .filter(([seed]) => others.has(seed))
    .map(([seed, value]) => ({ seed, value: value - others.get(seed)! }))
    .sort((a, b) => a.seed - b.seed);
  if (!differences.length) return undefined;
  const values = differences.map(({ value }) => value);
  const middle = mean(values);
  const half = values.length > 1 && (studentT(values.length - 1) * deviation(values)) / Math.sqrt(values.length);
  return { differences, mean: middle, ...(half !== false && { interval: [middle - half, middle + half] as const }) };
}

const lossesOf = ({ history }: NamedRun): string =>
  history.stages.map(({ started }) => started?.loss ?? '?').join(' → ');

function recipeConfig(started: RunEvent<'run.started'> | undefined): object {
  const config = (started?.config ?? {}) as Record<string, unknown>;
  const { data, out } = config;
  // data inside the run directory was created by the run
  const made = typeof data === 'string' && typeof out === 'string' && data.startsWith(out);
  return Object.fromEntries(
    Object.entries(config).filter(([key]) => !NOT_OF_THE_RECIPE.includes(key) && !(made && key === 'data')),
  );
}

/** Every value of a config by its path, e.g. `stages.1.rate`. */
function flat(value: unknown, path = ''): [string, string][] {
  if (typeof value !== 'object' || value === null) return value === undefined ? [] : [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, path ? `${path}.${key}` : key));
}

function spread(runs: readonly NamedRun[]): Spread | undefined {
  const values = runs.flatMap(({ history: { started, evaluated } }) =>
    evaluated ? [{ seed: started?.seed ?? 0, value: evaluated.verification.accuracy }] : [],
  );
  if (!values.length) return undefined;
  const numbers = values.map(({ value }) => value);
  return {
    values: values.sort((a, b) => a.seed - b.seed),
    mean: mean(numbers),
    ...(numbers.length > 1 && { deviation: deviation(numbers) }),
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/** 97.5 % quantiles of Student's t, starting at one degree of freedom. */
const QUANTILES = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** From the table, or beyond it from the first terms of the expansion around the normal quantile, accurate to 0.002. */
const studentT = (freedom: number): number => QUANTILES[freedom - 1] ?? 1.96 + 2.372 / freedom + 2.823 / freedom ** 2;
