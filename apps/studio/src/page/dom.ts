/** Small helpers that create elements with attributes, listeners and children. Text is always text, never HTML. */
import type { Html } from '@facewright/report';
import morphdom from 'morphdom';

type Attribute = string | number | boolean | undefined | ((event: never) => void);
export type Child = Node | string | undefined | false;

/**
 * `element('button', { type: 'button', onclick: go }, 'Go')`: functions become listeners; `true` becomes an empty
 * attribute, `false` none.
 */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.replace(/^on/, ''), value as EventListener);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child) => child !== undefined && child !== false));
  return made;
}

/**
 * Updates an element to the markup of the report's escaping template. Touches only what differs, so that whatever the
 * user opened, scrolled or focused stays that way during a run.
 */
export function showHtml(target: Element, markup: Html): void {
  const wanted = target.cloneNode(false) as Element;
  wanted.innerHTML = markup.text;
  morphdom(target, wanted, {
    childrenOnly: true,
    getNodeKey: keyOf,
    onBeforeElUpdated: (from, to) => {
      if (from instanceof HTMLDetailsElement && from.open) (to as HTMLDetailsElement).open = true;
      return !from.isEqualNode(to);
    },
  });
}

/** Identifies a part when others are inserted before it: sections and folds by their headings. */
function keyOf(node: Node): string | undefined {
  if (!(node instanceof Element)) return undefined;
  if (node.id) return node.id;
  if (node instanceof HTMLDetailsElement) return `fold ${node.querySelector('summary')?.textContent}`;
  const heading = node.localName === 'section' && node.querySelector(':scope > h2')?.textContent;
  return heading ? `section ${heading}` : undefined;
}

let number = 0;
/** A label with its control. */
export function field(label: string, control: HTMLElement, hint?: string): HTMLElement {
  control.id ||= `field-${number++}`;
  const note = hint ? element('span', { class: 'hint', id: `${control.id}-hint` }, hint) : undefined;
  if (note) control.setAttribute('aria-describedby', note.id);
  return element('div', { class: 'field' }, element('label', { for: control.id }, label), control, note);
}

export const select = (
  options: readonly (readonly [value: string, text: string])[],
  chosen?: string,
): HTMLSelectElement =>
  element(
    'select',
    {},
    ...options.map(([value, text]) => element('option', { value, selected: value === chosen }, text)),
  );

export const numberInput = (value: number, min: number, max: number, step: number | 'any' = 1): HTMLInputElement =>
  element('input', { type: 'number', value, min, max, step });

/** A line that screen readers announce when it changes. */
export const statusLine = (): HTMLElement => element('p', { class: 'status', role: 'status', 'aria-live': 'polite' });

/** A prominent error that screen readers announce at once. */
export const errorBox = (): HTMLElement => element('div', { class: 'error', role: 'alert' });

/** The message of an error, with its line breaks. */
export function showError(box: HTMLElement, error: unknown): void {
  box.textContent = error instanceof Error ? error.message : String(error);
}
