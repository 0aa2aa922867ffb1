/** The kinds of plugins, and where each lies in Python's site-packages. */

export const KINDS = ['cuda', 'rocm', 'oneapi', 'tpu', 'cpu', 'other'] as const;
export type Kind = (typeof KINDS)[number];

/** Of a CUDA plugin: the major version that it is built for. */
export type Cuda = 12 | 13;

export interface FoundPlugin {
  /** Of the library. */
  readonly path: string;
  readonly kind: Kind;
  readonly cuda?: Cuda;
  /** The directory it was found in, for people; undefined where the user named it. */
  readonly from?: string;
}

const PATTERNS: readonly (readonly [Kind, RegExp])[] = [
  ['cuda', /cuda/],
  ['rocm', /rocm/],
  ['oneapi', /oneapi|intel|xpu/],
  ['tpu', /tpu/],
  ['cpu', /cpu/],
];

/** From the names of the library and its folder. */
export function kindOf(path: string): Pick<FoundPlugin, 'kind' | 'cuda'> {
  const name = path.split('/').slice(-2).join('/').toLowerCase();
  const kind = PATTERNS.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other';
  if (kind !== 'cuda') return { kind };
  return { kind, cuda: /cuda12/.test(name) ? 12 : 13 };
}
