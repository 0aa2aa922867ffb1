/** What `facewright doctor` found, in lines. */

export interface Check {
  readonly name: string;
  readonly usable: boolean;
  readonly device?: string;
  readonly reason?: string;
  readonly remedy?: string;
}

export interface Findings {
  readonly version: string;
  readonly checks: readonly Check[];
  /** In the order in which `auto` tries them. */
  readonly engines: readonly Check[];
  /** The engine that a run would use. */
  readonly chosen?: string;
}

export const doctorText = ({ version, checks, engines, chosen }: Findings): string =>
  [
    `facewright ${version}`,
    ...checks.map((check) => linesOf(check)),
    'Engines, in the order in which "auto" tries them:',
    ...engines.map((engine) => linesOf(engine, '  ', engine.name === chosen)),
    ...(chosen === undefined ? ['No engine works here, so nothing can be trained yet.'] : []),
  ].join('\n');

function linesOf({ name, usable, device, reason, remedy }: Check, indent = '', used = false): string {
  const found = [name, device, reason].filter((part) => part !== undefined).join(': ');
  const line = `${indent}${usable ? '✓' : '✗'} ${found}${used ? '  (used)' : ''}`;
  return remedy === undefined ? line : `${line}\n${indent}    to do: ${remedy}`;
}
