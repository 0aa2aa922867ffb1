/** Why no disk can be mounted here; `undefined` if one can. */
export function noDisk(): string | undefined;
