/** HTML by tagged template: every interpolated value is escaped, unless it is HTML created here. */

export class Html {
  constructor(readonly text: string) {}
}

type Value = string | number | Html | undefined | null | false | readonly Value[];

export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(strings.reduce((text, part, index) => text + render(values[index - 1]) + part));
}

function render(value: Value): string {
  if (value === undefined || value === null || value === false) return '';
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(render).join('');
  return escapeHtml(String(value));
}

/**
 * Safe as text and inside quoted attributes. Control characters not allowed in HTML become the replacement character.
 */
export function escapeHtml(text: string): string {
  const clean = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\ufffd');
  return clean.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}
