// Types of python.mjs, for tests.
export function pythonWith(
  name: string,
  packages: readonly string[],
  options?: { readonly venv?: string; readonly flags?: readonly string[] },
): string;
