/** The kinds of plugins, and the location of each in Python's site-packages. */

export const KINDS = ['cuda', 'rocm', 'oneapi', 'tpu', 'cpu', 'other'] as const;
export type Kind = (typeof KINDS)[number];

/** The major version of CUDA that a plugin is built for. */
export type Cuda = 12 | 13;

export interface FoundPlugin {
  /** Path of the library. */
  readonly path: string;
  readonly kind: Kind;
  readonly cuda?: Cuda;
  /** The directory it was found in, for display; undefined if the user named it. */
  readonly from?: string;
}

const PATTERNS: readonly (readonly [Kind, RegExp])[] = [
  ['cuda', /cuda/],
  ['rocm', /rocm/],
  ['oneapi', /oneapi|intel|xpu/],
  ['tpu', /tpu/],
  ['cpu', /cpu/],
];

/** Judged by the names of the library and its folder. */
export function kindOf(path: string): Pick<FoundPlugin, 'kind' | 'cuda'> {
  const name = path.split('/').slice(-2).join('/').toLowerCase();
  const kind = PATTERNS.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other';
  if (kind !== 'cuda') return { kind };
  return { kind, cuda: /cuda12/.test(name) ? 12 : 13 };
}
